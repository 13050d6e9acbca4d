//! Containers that hold keys: PKCS#12 read, written and converted.
