//! People, applications, certificates and the ports to them.
