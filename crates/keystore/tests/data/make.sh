#!/bin/sh
# Makes the keys and certificates of the tests anew: a root, an issuing authority, an RSA key and an EC key.
set -eu
export LC_ALL=C.UTF-8
subject() { printf '%s' "/CN=$1/O=Таңба сынағы/C=KZ"; }
openssl req -x509 -utf8 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout root.key -out root.pem -days 36500 \
    -subj "$(subject 'Test Root')" -addext keyUsage=critical,keyCertSign,cRLSign
issue() { # name, subject, issuer, extensions, key options
    name=$1; subject=$2; issuer=$3; extensions=$4; shift 4
    openssl req -new -utf8 "$@" -nodes -keyout "$name.key" -out "$name.csr" -subj "$(subject "$subject")"
    printf '%b' "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n$extensions\n" > "$name.cnf"
    openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "$issuer.key" -days 36500 -out "$name.pem" \
        -extfile "$name.cnf"
}
issue issuing 'Test Issuing' root 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign' \
    -newkey ec -pkeyopt ec_paramgen_curve:P-384
issue rsa 'ТЕСТОВА ӘСЕЛ' issuing \
    'keyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=clientAuth' -newkey rsa:2048
issue ec 'ТЕСТОВ ҒАЛЫМ' issuing \
    'keyUsage=critical,digitalSignature,nonRepudiation\nextendedKeyUsage=emailProtection' \
    -newkey ec -pkeyopt ec_paramgen_curve:P-384
for name in root issuing rsa ec; do
    openssl x509 -in "$name.pem" -outform DER -out "$name.cer"
done
for name in rsa ec; do
    openssl pkcs8 -topk8 -nocrypt -in "$name.key" -outform DER -out "$name.p8"
done
# A container that nothing protects, so that changes to it reach the innermost readers.
cat issuing.pem root.pem > chain.pem
openssl pkcs12 -export -keypbe NONE -certpbe NONE -nomac -name 'Менің кілтім' -passout pass: \
    -inkey ec.key -in ec.pem -certfile chain.pem -out plain.p12
rm -f ./*.csr ./*.cnf ./*.key ./*.pem ./*.srl
