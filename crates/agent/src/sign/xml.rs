//! Enveloped XML signatures (XMLDSig 1.0) as national verifiers expect them.
//!
//! The text of a document is never written anew: the signature is put into it as it stands, so that everything that was
//! there stays there octet for octet. A document type is refused: it may name files and grow without bound.

mod canonical;
mod fault;
mod scan;
mod signature;
mod verify;
mod xpath;

pub use canonical::{Canonical, canonicalize};
pub use fault::XmlFault;
pub use signature::{SignXmlError, XmlTarget, signed_part};
pub use verify::verify_xml;

use roxmltree::{Document, ParsingOptions};

/// Elements, texts and comments of a document at most.
const NODES: u32 = 2_000_000;

/// Namespace of XML signatures.
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Reads a document.
///
/// # Errors
/// [`XmlFault`] in the words of the parser that sites know.
pub fn parse(text: &str) -> Result<Document<'_>, XmlFault> {
    scan::look_over(text)?;
    let options = ParsingOptions {
        nodes_limit: NODES,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options).map_err(|error| XmlFault::of(&error, text))
}
