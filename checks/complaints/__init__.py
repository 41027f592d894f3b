"""The rooms behind `checks.complaint`: taking a runtime's error text apart, and judging the parts.

`text` masks every name (image, address, file) and cuts the text into the links of its error chain;
`kubelet`, `node`, `token`, `registry`, `status`, `transport` and `reference` each judge one kind of link;
`words` says the outcome in a sentence. A name can never decide a cause: no judge sees one.
"""
