#!/bin/sh
# Makes the chains of test_registry_chain.py: a root, an intermediate, one that has expired, and a leaf by each.
# They are committed, so this runs again only when one is added. Usage: sh make.sh   (openssl 3)
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/index"
cat >"$work/ca.cnf" <<END
[ca]
default_ca = chain
[chain]
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
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:harbor.demo.test
END

issue() { # FILE COMMON_NAME UNTIL EXTENSIONS SIGNER
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 \
        -keyout "$work/$1.key" -out "$work/$1.csr" -subj "/O=Chain Works/CN=$2" 2>/dev/null
    signer="-cert $work/$5.pem -keyfile $work/$5.key"
    [ "$1" = "$5" ] && signer="-selfsign -keyfile $work/$1.key"
    # shellcheck disable=SC2086
    openssl ca -batch -notext -config "$work/ca.cnf" -in "$work/$1.csr" -out "$work/$1.pem" \
        -startdate 20190101000000Z -enddate "$3" -extensions "$4" $signer 2>/dev/null
}

issue root "Works Root" 21260101000000Z authority root
issue middle "Works Middle" 21260101000000Z authority root
issue over "Works Middle of Old" 20200101000000Z authority root
issue leaf harbor.demo.test 21260101000000Z leaf middle
issue late harbor.demo.test 21260101000000Z leaf over
for name in root middle over; do cp "$work/$name.pem" "$name.pem"; done
for name in leaf late; do cat "$work/$name.key" "$work/$name.pem" >"$name.pem"; done
