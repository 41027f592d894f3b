#!/bin/sh
# Makes the certificates of the demo's registries, valid from 2019 to 2126, and the expired one.
# They are committed, so this runs again only when a host is added. Usage: sh make.sh   (openssl 1.1.1 or later)
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
START=20190101000000Z # before July 2019: macOS bounds the life of later ones
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
END
: >"$work/index"

request() { # FILE COMMON_NAME
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 \
        -keyout "$work/$1.key" -out "$work/$1.csr" -subj "/O=harbor-doctor demo/CN=$2" 2>/dev/null
}

issue() { # FILE NOT_BEFORE NOT_AFTER OPTIONS...
    file=$1 from=$2 until=$3
    shift 3
    openssl ca -batch -notext -config "$work/ca.cnf" -in "$work/$file.csr" -out "$work/$file.pem" \
        -startdate "$from" -enddate "$until" "$@" 2>/dev/null
}

authority() { # FILE COMMON_NAME
    request "$1" "$2"
    issue "$1" "$START" "$END" -selfsign -keyfile "$work/$1.key" -extensions authority
}

server() { # FILE AUTHORITY NAMES NOT_BEFORE NOT_AFTER
    first=${3%%,*}
    request "$1" "${first#DNS:}"
    cat >"$work/extensions" <<END
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = $3
END
    issue "$1" "$4" "$5" -cert "$work/$2.pem" -keyfile "$work/$2.key" -extfile "$work/extensions"
    cat "$work/$1.key" "$work/$1.pem" >"$1.pem"
}

authority ca "harbor-doctor demo CA"
authority other "Somebody else's CA"
hosts=""
for name in harbor broken htpasswd token realm http-realm portal oidc; do
    hosts="$hosts,DNS:$name.demo.test"
done
server harbor ca "${hosts#,}" "$START" "$END"
server unknown-ca other "DNS:unknown-ca.demo.test" "$START" "$END"
server expired ca "DNS:expired.demo.test" 20190101000000Z 20200101000000Z
server misnamed ca "DNS:elsewhere.demo.test" "$START" "$END"
cp "$work/ca.pem" ca.pem
