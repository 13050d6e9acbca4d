language-name = English

# The page at https://127.0.0.1:13579/
check-title = Tanba agent
check-runs = The agent runs on this computer, and sites can ask it for your keys. It signs nothing without asking you.
check-trusted = This browser trusts the agent: you see this page without a warning, or you have accepted its certificate yourself.
check-version = Version
check-certificate-until = The certificate of this page ends (the agent renews it by itself)
check-next = If a site still says that the agent does not run, allow that site to reach devices of your local network: the button left of the address.

# Dialogs
ask-title-login = Sign in
ask-title-signature = Sign data
ask-title-key-information = Show a key to a site
ask-title-time-stamp = Put the time on a signature
ask-title-file = Choose a file
ask-site = The site { $origin } asks for this.
ask-clock-is-wrong = The clock of this computer is wrong by years, so the validity of keys cannot be judged. Your keys are safe. Set the clock, then try again.
ask-documents = { $count ->
    [one] { $count } document is to be signed:
   *[other] { $count } documents are to be signed:
}
ask-documents-more = … and { $count } more, signed together with these.
ask-octets = { $count ->
    [one] { $count } byte
   *[other] { $count } bytes
}
ask-file =    File: { $path }
ask-form-text = Text
ask-form-xml = XML
ask-form-binary = Data that is not text
ask-form-digest = Only a digest: what it stands for is known to the site alone
ask-form-signature = A finished signature, to which yours is added
ask-form-application = Document of the cabinet
ask-text-is-cut =    … the text goes on.
ask-digest =    SHA-256: { $digest }
ask-digest-only =    Digest: { $digest }
ask-digest-unusual =    This is no SHA-256 digest, so nobody will be able to check the signature.
ask-first-login = { $origin } has never asked you to sign in with your keys before.
ask-first-signature = { $origin } has never asked for your signature before.
ask-first-keys = { $origin } has never managed your keys before.
ask-allow-site = Allow this site to ask? You are asked each time anyway. [yes/no]
ask-storages = Type of keystore:
ask-choose-storage = Number of the keystore:
ask-no-containers = No key files were found in the usual folders, and no token is plugged in.
ask-containers = Path to the keystore:
ask-tries-left = { $count ->
    [one] { $count } try left
   *[other] { $count } tries left
}
ask-choose-file = Number or path of the key file (Enter refreshes the list, “cancel” ends):
ask-choose-token = Number of the token (Enter refreshes the list, “cancel” ends):
ask-password = Password of the keystore:
ask-pin = PIN of the token:
ask-password-from-page = The site handles the password of this key by itself (the old interface).
ask-title-new-keys = Make new keys
ask-title-install = Install certificates
ask-title-change = Change the password of a keystore
ask-password-new = New password:
ask-password-again = The new password once more:
ask-password-differs = The two passwords differ. Nothing was changed; type both again.
ask-password-chosen = The password that you chose when the keys were made:
ask-final-keys = Go on?
password-too-short = The password needs at least 6 characters
password-too-long = The password may have at most 32 characters
password-lacks-lower-case = The password needs a lower case Latin letter
password-lacks-upper-case = The password needs an upper case Latin letter
password-lacks-digit = The password needs a digit
password-not-text = The password is not text that key files can have
ask-pin-new = New PIN:
ask-pin-again = The new PIN once more:
ask-factory-pin = This is the PIN that the token left its maker with: everybody knows it. Choose another one now; your keys stay as they are.
ask-pin-was-wrong =      A wrong PIN was typed before; more of them lock the token.
pin-too-short = The PIN needs at least 4 characters
pin-not-typable = The PIN may have Latin letters, digits and signs only
pin-same = The new PIN is the old one
pin-factory = Everybody knows this PIN: tokens leave their maker with it
ask-keys = Keys:
ask-key-validity =      valid: { $from } – { $until }
ask-key-facts =      serial number { $serial }, issuer { $issuer }, { $algorithm }
ask-choose-key = Number of the key (Enter takes the first, “cancel” ends):
ask-no-such-choice = There is no such choice, or it cannot be used.
ask-no-usable-key = None of these keys fits what the site asks for; the reasons stand beside them. Choose another keystore.
ask-yes-or-no = [yes/no]
ask-final-login = Sign in to { $origin } as { $owner }?
ask-final-signature = { $count ->
    [one] Sign { $count } document for { $origin } as { $owner }?
   *[other] Sign { $count } documents for { $origin } as { $owner }?
}
ask-final-key-information = Show the certificate of { $owner } to { $origin }? Nothing is signed.
ask-final-time-stamp = Put the time on the signature of { $owner } for { $origin }?
ask-file-ending = Wanted: a file with the ending .{ $ending }
ask-file-path = Full path (“cancel” ends):
ask-no-such-file = There is no file or folder at this path.
ask-word-yes = yes y
ask-word-no = no n
ask-word-cancel = cancel
ask-withdrawn = The site withdrew its question. Nothing was signed.
ask-cancelled = Cancelled. Nothing was signed, and your keys are as they were.

fault-wrong-secret = The password is wrong. Your keys are as they were; type it again.
fault-wrong-secret-tries = { $count ->
    [one] The PIN is wrong. { $count } try left, then the token locks itself.
   *[other] The PIN is wrong. { $count } tries left, then the token locks itself.
}
fault-blocked = The token is locked after too many wrong PINs. The keys in it are safe but cannot be used; whoever issued the token can unlock it.
fault-absent = The keystore is not there any more. Plug the token in or choose the file again; your keys are as they were.
fault-slow = The drive or the token does not answer. Your keys are as they were; check the connection and try again.
fault-not-a-container = This file is not a keystore. Choose a file that ends with .p12; nothing was changed.
fault-damaged = The file is damaged. Use another copy of it; nothing was changed.
fault-unsupported = The keystore cannot be used here: { $reason }. Your keys are as they were; choose another keystore.
fault-empty = There is no key inside. Choose another keystore; nothing was changed.
fault-forbidden = The system does not let the agent read this file. Check its permissions; nothing was changed.

unusable-expired = the certificate has expired: apply for new keys
unusable-not-yet-valid = the certificate is not valid yet: check the clock of the computer
unusable-other-purpose = this key is for something else
unusable-other-owner = the site wants the key of another person or organisation
unusable-other-certificate = the site wants another certificate
unusable-other-issuer = the site wants a certificate of another authority
unusable-no-certificate = the key waits for its certificate: install it
unusable-unsupported = the algorithm is not supported yet
unusable-other-password = the key has a password of its own
unusable-damaged = the key is damaged: use another copy of the file

storage-pkcs12 = Personal computer
storage-jks = Java keystore
storage-id-card = ID card
storage-kaztoken = Kaztoken
storage-etoken-72k = eToken PRO (Java, 72K)
storage-etoken-5110 = eToken 5110
storage-jacarta = JaCarta
storage-akey = aKey

summary-kind = Kind of document
summary-kind-reissue = renewal of keys
summary-kind-first = first keys
summary-kind-revocation = revocation of keys
summary-kind-login = signing in to the cabinet
summary-kind-installation = check of a new key
summary-origin = Site
summary-number = Application number
summary-created = Made
summary-surname = Surname
summary-given-name = Given name
summary-patronymic = Patronymic
summary-iin = IIN
summary-country = Country
summary-email = E-mail
summary-region = Region
summary-settlement = City or town
summary-keystore = Keystore for the new keys
summary-key-purpose = New key
summary-key-algorithm = Algorithm of the key
summary-key-digest = Digest of the public key (SHA-256)
summary-event = What happened
summary-event-lost = my key was lost or stolen
summary-event-data-changed = my details changed
summary-event-not-needed = no longer needed
summary-event-replaced = replaced by a new one
summary-reason = Reason that verifiers see
summary-certificate = Key to be revoked
summary-serial = Serial number
summary-kept-in = Keystore
summary-until = End of validity
summary-purpose-authentication = for signing in
summary-purpose-signature = for signing documents
summary-none = none

doctor-identity = TLS identity of this installation:
doctor-identity-broken = The TLS identity cannot be used; your keys are not touched by this:
doctor-port-answers = The agent answers at
doctor-port-silent = The agent does not run (start it with “tanba-agent run”), nobody answers at
doctor-grants = Grants given to sites:
doctor-grants-broken = The grants cannot be read; until that is repaired every site is refused:
doctor-key-files = Key files in the usual folders:
doctor-broken = { $count ->
    [one] { $count } of these does not work; your keys are safe
   *[other] { $count } of these do not work; your keys are safe
}
doctor-identity-repair = Remove the folder, start the agent again and run tanba-agent install. Your keys are elsewhere, and safe.
doctor-port-start = Start it: tanba-agent run; after tanba-agent install it starts with the session.
doctor-port-other = The port is taken: another program, or the agent of another user, answers at
doctor-port-free = Close that program (NCALayer most often), then start the agent.
doctor-trust = The browser trusts the agent:
doctor-trust-old = The browser trusts an earlier installation of the agent:
doctor-trust-missing = The browser does not trust the agent yet:
doctor-trust-repair = Run tanba-agent install and start the browser again.
doctor-trust-unknown = It could not be found out whether the browser trusts the agent:
doctor-trust-elsewhere = Whether the browser trusts the agent shows at https://127.0.0.1:13579/: when it opens without a warning, it does; else run tanba-agent install.
doctor-start = The agent starts with the session.
doctor-start-missing = The agent does not start with the session; if you want that: tanba-agent install.
doctor-permission = The browser’s permission cannot be seen from here. If a site does not find the agent, allow that site to reach the local network by the button left of the address.
doctor-grants-repair = Correct the file or remove it: sites ask anew then.
doctor-no-driver = No driver of a device was found. If you have a device, install the driver of its maker, or OpenSC; a driver elsewhere is named in agent.toml ([tokens] modules).
doctor-driver-broken = The driver of a device cannot be loaded:
doctor-driver-repair = Install the driver again, or correct its path in agent.toml. The keys in the device are safe.
doctor-driver-silent = The driver of a device does not answer:
doctor-driver-silent-repair = Unplug the device, plug it in again and start the agent anew.
doctor-no-reader = The driver works but sees no reader. Plug in the reader or the token; if it is plugged in, start the service pcscd:
doctor-no-token = The driver works, no device is plugged in:
doctor-token = A device is plugged in:
doctor-token-unknown = A device is plugged in whose kind the agent does not know:
doctor-token-unknown-repair = Name the kind in agent.toml: manufacturer, model or label, and storage, under [[tokens.kind]].
doctor-readers = The service of card readers runs:
doctor-readers-missing = The service of card readers does not run; the ID card and smart cards need it (package pcscd):
setup-browser = The browser will trust the agent
setup-browser-forget = The browser no longer trusts the agent
setup-system = The whole system will trust the agent
setup-system-forget = The whole system no longer trusts the agent
setup-start = The agent starts with the session
setup-no-start = The agent no longer starts with the session
setup-no-certutil = The program certutil is needed: install libnss3-tools (Debian, Ubuntu) or nss-tools (Fedora) and try again.
setup-missing = The system lacks this program; install it and try again.
setup-failed = This was not done; the log says why. Check your rights and try again: steps that were taken do no harm.
setup-incomplete = not everything was done; your keys are safe
setup-done = Done. Start the browser again and open https://127.0.0.1:13579/.
setup-undone = Done. Keys and grants of the agent stay in its folder.
