//! The methods of the old interface. Arguments that are numbers or booleans come as such or as text.

use serde_json::Value;
use tanba_crypto::Secret;

use crate::protocol::Request;

/// A call that fits a method.
#[derive(Debug)]
pub(super) enum Call {
    SetLocale(String),
    ChooseFile {
        ending: String,
        folder: String,
    },
    LoadSlotList(String),
    /// What needs no key.
    Free(Free),
    /// What needs a key of a container.
    Key(KeyPlace, What),
}

/// What needs no key.
#[derive(Debug)]
pub(super) enum Free {
    Hash { data: String, algorithm: String },
    VerifyCms { message: String, content: Content },
    VerifyXml(String),
}

/// The content of a message: in Base64, or in a file.
#[derive(Debug)]
pub(super) enum Content {
    Base64(String),
    File(String),
}

/// Where a key is, as the page says.
#[derive(Debug)]
pub(super) struct KeyPlace {
    pub(super) storage: String,
    pub(super) path: String,
    pub(super) alias: String,
    pub(super) password: Secret,
}

/// What is wanted of a key.
#[derive(Debug)]
pub(super) enum What {
    Keys(String),
    NotBefore,
    NotAfter,
    Subject,
    Issuer,
    Rdn {
        oid: String,
        index: usize,
    },
    SignPlain(String),
    VerifyPlain {
        data: String,
        signature: String,
    },
    SignCms {
        content: Content,
        attached: bool,
    },
    SignXml {
        text: String,
        signed: String,
        parent: String,
    },
}

impl What {
    /// Whether the key is used, and not only looked at.
    pub(super) const fn signs(&self) -> bool {
        matches!(
            self,
            Self::SignPlain(_) | Self::SignCms { .. } | Self::SignXml { .. }
        )
    }
}

struct Arguments<'a>(&'a [Value]);

impl Arguments<'_> {
    fn text(&self, place: usize) -> String {
        match self.0.get(place) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        }
    }

    fn flag(&self, place: usize) -> bool {
        self.text(place) == "true"
    }

    fn key(&self) -> KeyPlace {
        KeyPlace {
            storage: self.text(0),
            path: self.text(1),
            alias: self.text(2),
            password: Secret::from(self.text(3)),
        }
    }
}

impl Call {
    /// Finds the method; `None` when there is none of this name and number of arguments.
    pub(super) fn read(request: &Request) -> Option<Self> {
        let given = Arguments(request.positional());
        let call = |what| Some(Self::Key(given.key(), what));
        match (request.method()?, given.0.len()) {
            ("setLocale", 1) => Some(Self::SetLocale(given.text(0))),
            ("browseKeyStore", 3) => Some(Self::ChooseFile {
                ending: given.text(1),
                folder: given.text(2),
            }),
            ("showFileChooser", 2) => Some(Self::ChooseFile {
                ending: given.text(0),
                folder: given.text(1),
            }),
            ("loadSlotList", 1) => Some(Self::LoadSlotList(given.text(0))),
            ("getHash", 2) => Some(Self::Free(Free::Hash {
                data: given.text(0),
                algorithm: given.text(1),
            })),
            ("verifyCMSSignature", 2) => Some(Self::Free(Free::VerifyCms {
                message: given.text(0),
                content: Content::Base64(given.text(1)),
            })),
            ("verifyCMSSignatureFromFile", 2) => Some(Self::Free(Free::VerifyCms {
                message: given.text(0),
                content: Content::File(given.text(1)),
            })),
            // A known client asks for the check by element under this name too.
            ("verifyXml", 1 | 3) | ("verifyXmlByElementId", 3) => {
                Some(Self::Free(Free::VerifyXml(given.text(0))))
            }
            ("getKeys", 4) => Some(Self::Key(
                KeyPlace {
                    storage: given.text(0),
                    path: given.text(1),
                    alias: String::new(),
                    password: Secret::from(given.text(2)),
                },
                What::Keys(given.text(3)),
            )),
            ("getNotBefore", 4) => call(What::NotBefore),
            ("getNotAfter", 4) => call(What::NotAfter),
            ("getSubjectDN", 4) => call(What::Subject),
            ("getIssuerDN", 4) => call(What::Issuer),
            ("getRdnByOid", 6) => call(What::Rdn {
                oid: given.text(4),
                index: given.text(5).parse().ok()?,
            }),
            ("signPlainData", 5) => call(What::SignPlain(given.text(4))),
            ("verifyPlainData", 6) => call(What::VerifyPlain {
                data: given.text(4),
                signature: given.text(5),
            }),
            ("createCMSSignature", 6) => call(What::SignCms {
                content: Content::Base64(given.text(4)),
                attached: given.flag(5),
            }),
            ("createCMSSignatureFromFile", 6) => call(What::SignCms {
                content: Content::File(given.text(4)),
                attached: given.flag(5),
            }),
            ("signXml", 5) => call(What::SignXml {
                text: given.text(4),
                signed: String::new(),
                parent: String::new(),
            }),
            ("signXmlByElementId", 8) => {
                let parent = given.text(7);
                call(What::SignXml {
                    text: given.text(4),
                    signed: format!("//{}[@{}]", given.text(5), given.text(6)),
                    parent: if parent.is_empty() {
                        parent
                    } else {
                        format!("//{parent}")
                    },
                })
            }
            _ => None,
        }
    }
}
