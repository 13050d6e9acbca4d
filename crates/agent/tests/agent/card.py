"""A smart card without hardware: the parts of PIV (NIST SP 800-73-4) that OpenSC needs to sign, behind the virtual reader of
vsmartcard. It stands in for cards that are pushed in and pulled out, also in the middle of their work.

    card.py PORT FOLDER

FOLDER has 9a.key, 9a.cer, 9c.key, 9c.cer (PKCS#8 and X.509, DER, RSA with 2048 bits). Lines on standard input: `in` pushes
the card in, `out` pulls it out, `pull` pulls it out when it is asked for the next signature. Each line is answered when it is
done, `pulled` comes by itself. The PIN is 12345678; after three wrong ones the card is locked.
"""
import pathlib, socket, struct, sys, threading, time
from cryptography.hazmat.primitives.serialization import load_der_private_key

PORT, FOLDER = int(sys.argv[1]), pathlib.Path(sys.argv[2])
ATR = bytes.fromhex("3B8001" + "81")
AID = bytes.fromhex("A00000030800001000")
PIN = b"12345678"
OK, NOT_FOUND, LOCKED, CONDITIONS, UNKNOWN, PIN_FIRST = "9000", "6A82", "6983", "6985", "6D00", "6982"


def tlv(tag, value):
    size = len(value)
    length = bytes([size]) if size < 0x80 else bytes([0x81, size]) if size < 0x100 else b"\x82" + struct.pack(">H", size)
    return bytes.fromhex(tag) + length + value


def parts(octets):
    """Tag and value of each field; tags here have one octet."""
    while octets:
        tag, size, octets = octets[0], octets[1], octets[2:]
        if size & 0x80:
            count = size & 0x7F
            size, octets = int.from_bytes(octets[:count], "big"), octets[count:]
        yield tag, octets[:size]
        octets = octets[size:]


def certificate(name):
    return tlv("53", tlv("70", (FOLDER / name).read_bytes()) + tlv("71", b"\0") + tlv("FE", b""))


class Card:
    tries = 3

    def __init__(self):
        self.keys = {0x9A: "9a.key", 0x9C: "9c.key"}
        chuid = tlv("30", bytes.fromhex("D4E739DA739CED39CE739D836858210842108421C84210C3EB"))
        chuid += tlv("34", bytes(range(16))) + tlv("35", b"20460101") + tlv("3E", b"") + tlv("FE", b"")
        self.objects = {
            "5fc102": tlv("53", chuid),
            "5fc105": certificate("9a.cer"),
            "5fc10a": certificate("9c.cer"),
            "7e": tlv("7E", tlv("4F", AID + b"\x01\0") + tlv("5F2F", b"\x40\0")),
        }
        self.reset()

    def reset(self):
        self.verified, self.rest, self.chained = False, b"", b""

    def answer(self, apdu):
        cla, ins, p1, p2 = apdu[:4]
        data = apdu[5:5 + apdu[4]] if len(apdu) > 5 else b""
        if ins == 0xC0:
            return self.give(self.rest, apdu[4] or 256)
        if cla & 0x10:
            self.chained += data
            return bytes.fromhex(OK)
        data, self.chained = self.chained + data, b""
        if ins == 0xA4:
            if not data or not AID.startswith(data[:5]):
                return bytes.fromhex(NOT_FOUND)
            property = tlv("4F", bytes.fromhex("000010000100")) + tlv("79", tlv("4F", AID[:5]))
            return self.give(tlv("61", property))
        if ins == 0xCB:
            found = self.objects.get(data[2:].hex())
            return bytes.fromhex(NOT_FOUND) if found is None else self.give(found)
        if ins == 0x20 and p2 == 0x80:
            return self.verify(data)
        if ins == 0x87:
            return self.sign(p2, data)
        return bytes.fromhex(UNKNOWN)

    def give(self, octets, most=256):
        """As many octets as are taken, and how many are left: none told means 256 or more."""
        now, self.rest = octets[:most], octets[most:]
        if not self.rest:
            return now + bytes.fromhex(OK)
        return now + bytes([0x61, len(self.rest) % 256 if len(self.rest) < 256 else 0])

    def verify(self, data):
        if Card.tries == 0:
            return bytes.fromhex(LOCKED)
        if not data:
            return bytes.fromhex(OK) if self.verified else bytes([0x63, 0xC0 | Card.tries])
        self.verified = data.rstrip(b"\xff") == PIN
        if not self.verified:
            Card.tries -= 1
            return bytes([0x63, 0xC0 | Card.tries]) if Card.tries else bytes.fromhex(LOCKED)
        Card.tries = 3
        return bytes.fromhex(OK)

    def sign(self, reference, data):
        if not self.verified:
            return bytes.fromhex(PIN_FIRST)
        # The key for signatures wants the PIN before each of them.
        if reference == 0x9C:
            self.verified = False
        (_, template), = parts(data)
        challenge = next((value for tag, value in parts(template) if tag == 0x81), None)
        if challenge is None or reference not in self.keys:
            return bytes.fromhex(CONDITIONS)
        key = load_der_private_key((FOLDER / self.keys[reference]).read_bytes(), None).private_numbers()
        modulus = key.public_numbers.n
        made = pow(int.from_bytes(challenge, "big"), key.d, modulus).to_bytes(256, "big")
        return self.give(tlv("7C", tlv("82", made)))


class Slot:
    def __init__(self):
        self.link, self.pull = None, False

    def push_in(self):
        for _ in range(200):
            try:
                self.link = socket.create_connection(("127.0.0.1", PORT))
                break
            except OSError:
                time.sleep(0.05)
        threading.Thread(target=self.serve, args=(self.link,), daemon=True).start()

    def pull_out(self):
        self.link.shutdown(socket.SHUT_RDWR)
        self.link.close()

    def serve(self, link):
        card = Card()
        try:
            while True:
                size, = struct.unpack(">H", link.recv(2, socket.MSG_WAITALL))
                message = link.recv(size, socket.MSG_WAITALL)
                if size == 1:
                    # Off, on, reset: whatever was proved is forgotten. Only the last one wants an answer.
                    if message != b"\4":
                        card.reset()
                        continue
                    reply = ATR
                elif self.pull and message[1] == 0x87:
                    self.pull = False
                    self.pull_out()
                    return say("pulled")
                else:
                    reply = card.answer(message)
                link.sendall(struct.pack(">H", len(reply)) + reply)
        except (OSError, struct.error):
            return


def say(word):
    print(word, flush=True)


slot = Slot()
for line in sys.stdin:
    word = line.strip()
    if word == "in":
        slot.push_in()
    elif word == "out":
        slot.pull_out()
    elif word == "pull":
        slot.pull = True
    say(word)
