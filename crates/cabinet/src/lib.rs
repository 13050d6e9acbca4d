//! Pages for citizens.
