#!/bin/sh
# Makes the certificate of the pretend products (loopback only) and its authority, whose key is thrown away; valid
# from 2019 to 2126. Both are committed, so this runs again only when a host is added.
# Usage: sh make.sh   (openssl 1.1.1 or later)
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
names=""
for host in registry-1.docker.io auth.docker.io ghcr.io registry.gitlab.com gitlab.com quay.io us-docker.pkg.dev \
    123456789012.dkr.ecr.eu-west-2.amazonaws.com contoso.azurecr.io nexus.demo.test bearer.nexus.demo.test \
    artifactory.demo.test htpasswd.demo.test token.demo.test posts.demo.test; do
    names="$names,DNS:$host"
done
cat >"$work/ca.cnf" <<END
[ca]
default_ca = tests
[tests]
new_certs_dir = $work
database = $work/index
rand_serial = yes
default_md = sha256
policy = any
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
subjectAltName = ${names#,}
END
: >"$work/index"
issue() { # FILE COMMON_NAME OPTIONS...
    file=$1
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -subj "/O=harbor-doctor tests/CN=$2" \
        -keyout "$work/$file.key" -out "$work/$file.csr" 2>/dev/null
    shift 2
    openssl ca -batch -notext -config "$work/ca.cnf" -in "$work/$file.csr" -out "$work/$file.pem" \
        -startdate 20190101000000Z -enddate 21260101000000Z -keyfile "$work/ca.key" "$@" 2>/dev/null
}
issue ca "harbor-doctor tests CA" -selfsign -extensions authority
issue products products.demo.test -cert "$work/ca.pem" -extensions server
cp "$work/ca.pem" products-ca.pem
cat "$work/products.key" "$work/products.pem" >products.pem
