"""What a prosector plugin in Python is written with. It keeps sdk/wit/v0.1/prosector.wit.

A plugin declares protocols and their fields, gives each protocol a function that reads one PDU, and names them all with
`plugin`. The function gets a `Pdu`, a cursor that records what it takes and somebody wants. Running out of bytes raises
`Stop`, which is not to be caught: what was read before is kept, and the host is told which field did not fit.
"""

import struct
import traceback

from wit_world import exports
from wit_world.imports import log, types
from wit_world.imports.types import Base, Entry, Kind, Role

MAX = 0xFFFFFF  # the largest offset or length in a PDU
NO_FIELD, END, DIAGNOSTIC, REJECTED, ALL_ONES = 0xFFFF, 0xFFFF, 0xFFFE, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
NOTE, WARNING, ERROR = range(3)  # severities of diagnostics
QUOTED, REVERSE, STREAM = 1, 2, 4  # flags of a slice
NOT_MINE, MAYBE, CERTAIN, BROKEN = range(4)  # verdicts of a probe

# What a declaration says unless it says otherwise.
FIELD = dict(description="", width=0, little_endian=False, mask=0, scale=1, fixed=None, base=Base.DEC, unit="",
             computed=False, hidden=False, trailer=False, part=False, linked=False, role=Role.NONE)
PROTOCOL = dict(description="", tables=[], heuristics=[], streams=[], named=[], bound=[], stateful=False)


class Field:
    """A field of a protocol, made by `Protocol.field`; `wit` is its declaration."""

    def __init__(self, number, wit):
        self.number, self.wit, self.width, self.value = number, wit, wit.width, _reader(wit)
        self.spans = []  # what to record where it is taken, itself and its parts: bits of what is wanted, and spans

    def name(self, value):
        """The declared name of a value; `unknown` where it has none."""
        return next((n.name for n in self.wit.names if n.start <= value <= n.end), "unknown")


def _reader(wit):
    """The function that makes a field's value, a number or bytes, of its bytes."""
    if wit.kind not in (Kind.UINT, Kind.INT, Kind.BOOL, Kind.FLOAT) or wit.width == 0:
        return bytes
    order = "little" if wit.little_endian else "big"
    if wit.kind == Kind.UINT and (order, wit.mask, wit.scale) == ("big", 0, 1):
        return int.from_bytes
    if wit.kind == Kind.FLOAT and wit.fixed is None:
        return lambda data: struct.unpack("<>"[order == "big"] + "fd"[wit.width == 8], data)[0]
    mask = wit.mask or (1 << 8 * wit.width) - 1
    signed = wit.fixed.signed if wit.fixed else wit.kind == Kind.INT
    shift, sign = (mask & -mask).bit_length() - 1, signed << mask.bit_count() - 1

    def number(data):
        return (((int.from_bytes(data, order) & mask) >> shift ^ sign) - sign) * wit.scale

    return (lambda data: number(data) / wit.fixed.divisor + wit.fixed.offset) if wit.fixed else number


class Protocol:
    """A protocol: its declaration, its settings, and the functions that read it, by entry."""

    def __init__(self, name, short, title, claims=(), **more):
        more = {**PROTOCOL, **more, "claims": [types.Claim(table, key) for table, key in claims]}
        self.wit = types.Protocol(name=name, short=short, title=title, fields=[], settings=[], **more)
        self.whole, self.settings, self.entries = None, {}, {}

    def field(self, name, title, kind, names=None, **more):
        """Declares a field. More to say of it is in `FIELD`. Names are by value, or by (first, last) of a range."""
        names = [(key if isinstance(key, tuple) else (key, key), text) for key, text in (names or {}).items()]
        more = {**FIELD, **more, "names": [types.ValueName(*values, text) for values, text in names]}
        wit = types.Field(name=f"{self.wit.name}.{name}", title=title, kind=kind, **more)
        field = Field(len(self.wit.fields), wit)
        self.wit.fields.append(wit)
        self.whole = self.whole if wit.part else field
        self.whole.spans.append((1 << field.number, field.number << 48 | self.whole.width))
        return field

    def uint(self, name, title, width, **more):
        """Declares an unsigned number of so many bytes."""
        return self.field(name, title, Kind.UINT, width=width, **more)

    def group(self, name, title, **more):
        """Declares a heading for several fields."""
        return self.field(name, title, Kind.GROUP, **more)

    def setting(self, name, description, default, choices=(), least=0, most=ALL_ONES):
        """Declares a setting: a bool, a number or a text. Its value is in `settings` before the first frame."""
        kinds = {bool: types.SettingValue_Bool, int: types.SettingValue_Uint, str: types.SettingValue_Text}
        self.wit.settings.append(
            types.Setting(name, description, kinds[type(default)](default), list(choices), least, most))

    def on(self, entry):
        """Decorates the function for an entry. That for `PROBE` returns a verdict, all others nothing."""
        return lambda function: self.entries.update({entry: function}) or function


class Stop(Exception):
    """What is read does not fit. The arguments are those of `Pdu.stopped`; without any, the dissector just leaves."""


class Pdu:
    """A PDU: its bytes, a cursor in them (`at`), and where the findings go."""

    def __init__(self, data, slice_words, want, wants_info, words, next):
        wire, self.context, self.flow, self.frame, self.time = slice_words
        self.wire, self.flags, self.claimed = wire >> 32, wire >> 16 & 0xFFFF, wire & 0xFFFF
        self.data, self.want, self.wants_info, self.words, self.next = data, want, wants_info, words, next
        self.at, self.readable, self.claim, self.line, self.side, self.open = 0, len(data), NO_FIELD, 0, bytearray(), []
        self.limit = self.end = min(self.wire, MAX)

    def take(self, field):
        """Reads a field of fixed width, records it and its parts, moves behind it and returns its value."""
        at = self.at
        end = at + field.width
        if end > self.readable:
            self.skip(field.width, field.number)
        for bit, span in field.spans:
            if self.want & bit:
                self.words.append(span | at << 24)
        self.at = end
        return field.value(self.data[at:end])

    def take_bytes(self, field, length):
        """Takes the next bytes as the value of a field, and returns them."""
        at = self.at
        self.skip(length, field.number)
        self.mark(field, at, self.at)
        return self.data[at:self.at]

    def take_rest(self, field):
        """Takes everything up to the limit, as far as it was captured."""
        return self.take_bytes(field, max(0, self.readable - self.at))

    def skip(self, length, field=NO_FIELD):
        """Moves over bytes that no field stands for."""
        end = self.at + length
        if end > self.readable:
            raise Stop(field, self.claim, self.at, length, max(0, self.readable - self.at), end <= self.limit)
        self.at = end

    def mark(self, field, start, end):
        """Records a range of the PDU as the value of a field."""
        if self.want >> field.number & 1:
            self.words.append(field.number << 48 | start << 24 | end - start)

    def group(self, field):
        """What is read in a `with` statement of this is under one heading, which spans it."""
        self.open.append((field.number, self.at, len(self.words)))
        self.words += [0] * (self.want >> field.number & 1)
        return self

    def __enter__(self):
        pass

    def __exit__(self, *_):
        number, start, word = self.open.pop()
        if self.want >> number & 1:
            self.words[word] = number << 48 | start << 24 | self.at - start
            self.words.append(END << 48 | self.at << 24)

    def computed(self, field, start, end, value):
        """Records a value that was computed from a range of the PDU."""
        if self.want >> field.number & 1:
            if field.wit.kind in (Kind.BYTES, Kind.STR, Kind.IPV6, Kind.UUID):
                value = self._keep(value.encode() if isinstance(value, str) else value)
            elif isinstance(value, (float, bytes)):
                value = int.from_bytes(struct.pack(">d", value) if isinstance(value, float) else value)
            self.words += (field.number << 48 | min(start, MAX) << 24 | min(end - start, MAX), value & ALL_ONES)

    def info(self, text):
        """Sets the info line. To format it in vain costs time; `wants_info` says whether somebody reads it."""
        if self.wants_info:
            self.line = self._keep(text.encode())

    def _keep(self, data):
        self.side += data
        return len(self.side) - len(data) << 32 | len(data)

    def set_len(self, claim, length):
        """Says how long the PDU is, as a field gave it. What lies behind is the trailer of the protocol around it."""
        if length < self.end:
            self.end = self.limit = length
            self.claim, self.readable = claim.number, min(self.readable, length)
        elif self.flags & STREAM:
            self.claim = claim.number if length == self.end else self.claim
            self.end = min(length, MAX)

    def reject(self):
        """Leaves: the slice is not of this protocol, and others may have it."""
        self.end = REJECTED
        raise Stop

    def hand_on(self, table, keys=(0,), context=0, what=0, at=0, part=0):
        """Hands what lies between cursor and limit to whoever owns the first key, else the second, in a table."""
        place = table << 48 | self.at << 24 | max(0, self.limit - self.at)
        self.next += (place, what << 9 | len(keys), keys[0], sum(keys[1:2]), context, at, part)

    def diagnostic(self, severity, code, start, end, text="", field=NO_FIELD, claim=NO_FIELD, needed=0):
        """Records what is wrong with a range of the PDU; the code is a short fixed name for it."""
        code, text, span = code.encode(), text.encode(), min(start, MAX) << 24 | min(end - start, MAX)
        self.words += (DIAGNOSTIC << 48 | span, severity << 48 | field << 32 | claim << 16, needed << 32 | end - start,
                       len(code) << 48 | len(self.side) << 24 | len(text))
        self.side += code + text

    def stopped(self, field, claim, offset, needed, available, cut):
        """Answers to the end of the bytes: in a stream it waits for more, elsewhere it says what is missing."""
        if self.flags & STREAM and (self.end > self.wire or claim == NO_FIELD and not cut):
            self.end = self.end if self.end > self.wire else min(max(offset + needed, self.end + 1), MAX)
            return
        severity, code = (NOTE, "cut") if cut or self.flags & QUOTED and claim == NO_FIELD else (ERROR, "short")
        self.diagnostic(severity, code, offset, offset + available, "", field, claim, needed)


def _dissect(function, entry, data, slices, want):
    """Reads slices with the function for an entry."""
    wants_info, wanted = bool(want[0]), sum(word << 64 * i for i, word in enumerate(want[1:]))
    words, side, next, ends = [], bytearray(), [], []
    for i in range(0, len(slices), 6):
        start, length, verdict = slices[i] >> 32, min(slices[i] & 0xFFFFFFFF, MAX), NOT_MINE
        pdu = Pdu(data[start:start + length], slices[i + 1:i + 6], wanted, wants_info, words, next)
        try:
            verdict = function(pdu) if function else NOT_MINE
        except Stop as stop:
            if stop.args:
                pdu.stopped(*stop.args)
        side += pdu.side
        pdu.end = verdict if entry == Entry.PROBE else pdu.end
        ends += (len(words) << 32 | len(side), len(next) // 7 << 32 | pdu.end, pdu.line)
    return types.Answers(words, bytes(side), next, ends)


def plugin(name, version, *protocols):
    """The class that the main module of a plugin must have under the name `Dissector`."""

    class Dissector(exports.Dissector):
        def describe(self):
            return types.Description(name, version, [protocol.wit for protocol in protocols])

        def configure(self, dissector, settings):
            protocols[dissector].settings.update((key, setting.value) for key, setting in settings)

        def dissect(self, dissector, entry, bytes, slices, want):
            try:
                return _dissect(protocols[dissector].entries.get(entry), entry, bytes, slices, want)
            except Exception as e:
                # A trap says nothing of what led to it; the host takes this line as its reason.
                place = traceback.extract_tb(e.__traceback__)[-1]
                log.write(log.Level.ERROR, f"{type(e).__name__}: {e}, in {place.name}, line {place.lineno}")
                raise

    return Dissector
