#!/bin/sh
# Makes the certificate of the demo's API server, valid from 2019 to 2126 for loopback only.
# It is committed, so this runs again only by need. Usage: sh make.sh   (openssl 1.1.1 or later)
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
START=20190101000000Z
END=21260101000000Z

cat >"$work/ca.cnf" <<END
[ca]
default_ca = demo
[demo]
new_certs_dir = $work
database = $work/index
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
organizationName = optional
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default
END
: >"$work/index"

for file in ca server; do
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 \
        -keyout "$work/$file.key" -out "$work/$file.csr" -subj "/O=harbor-doctor demo/CN=demo-kubernetes-$file" 2>/dev/null
done
openssl ca -batch -notext -config "$work/ca.cnf" -in "$work/ca.csr" -out "$work/ca.pem" \
    -startdate $START -enddate $END -selfsign -keyfile "$work/ca.key" -extensions authority 2>/dev/null
openssl ca -batch -notext -config "$work/ca.cnf" -in "$work/server.csr" -out "$work/server.pem" \
    -startdate $START -enddate $END -cert "$work/ca.pem" -keyfile "$work/ca.key" -extensions server 2>/dev/null

cp "$work/ca.pem" ca.pem
cat "$work/server.key" "$work/server.pem" >server.pem
