"""What a prosector plugin in Python is written with. It keeps sdk/wit/v0.1/prosector.wit.

A plugin declares protocols and their fields, gives each protocol a function that reads one PDU, and names all of them
with `plugin`. The function gets a `Pdu`, a cursor that records every field that it takes and that somebody wants; names,
formats and nesting follow from the declarations. Running out of bytes raises `Stop`, which is not to be caught: what was
read before it is kept, and the host is told which field did not fit.

Modules are imported when the component is built, and not again when it starts: declarations cost nothing then.
"""

import struct
from contextlib import contextmanager

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import log, types
from wit_world.imports.types import Base, Entry, FixedPoint, Kind, Role

MAX = 0xFFFFFF  # the largest offset or length in a PDU
NO_FIELD = END = 0xFFFF
DIAGNOSTIC = 0xFFFE
NOTE, WARNING, ERROR = range(3)  # severities of diagnostics
QUOTED, REVERSE, STREAM = 1, 2, 4  # flags of a slice
NOT_MINE, MAYBE, CERTAIN, BROKEN = range(4)  # verdicts of a probe
REJECTED = 0xFFFFFFFF
ALL_ONES = 0xFFFFFFFFFFFFFFFF
LONG = {Kind.BYTES, Kind.STR, Kind.IPV6, Kind.UUID}  # computed values of these kinds do not fit into a word


class Field:
    """A field of a protocol, made by `Protocol.field` and its kin."""

    __slots__ = ("number", "wit", "width", "value", "spans")

    def __init__(self, number, wit):
        self.number, self.wit, self.width = number, wit, wit.width
        self.value = _reader(wit)
        # What is recorded when it is taken, itself and its parts: the bit in what is wanted, and a span at offset 0.
        self.spans = [(1 << number, number << 48 | wit.width)]

    def name(self, value):
        """The declared name of a value; `unknown` where it has none."""
        return next((n.name for n in self.wit.names if n.start <= value <= n.end), "unknown")


def _reader(wit):
    """The function that makes a field's value of its bytes."""
    whole = wit.fixed is None and wit.mask == 0 and wit.scale == 1
    if wit.kind == Kind.UINT and whole and not wit.little_endian:
        return int.from_bytes
    if wit.kind == Kind.FLOAT and wit.fixed is None:
        layout = ("<" if wit.little_endian else ">") + {4: "f", 8: "d"}[wit.width]
        return lambda data: struct.unpack(layout, data)[0]
    if wit.kind not in (Kind.UINT, Kind.INT, Kind.BOOL, Kind.FLOAT):
        return bytes
    order = "little" if wit.little_endian else "big"
    mask = wit.mask or (1 << 8 * wit.width) - 1
    shift, sign = (mask & -mask).bit_length() - 1, 1 << mask.bit_count() - 1
    signed = wit.fixed.signed if wit.fixed else wit.kind == Kind.INT

    def read(data):
        number = (int.from_bytes(data, order) & mask) >> shift
        number = ((number ^ sign) - sign if signed else number) * wit.scale
        if wit.fixed:
            return number / wit.fixed.divisor + wit.fixed.offset
        return number != 0 if wit.kind == Kind.BOOL else number

    return read


class Protocol:
    """A protocol: its declaration, and in `entries` the functions that read it."""

    def __init__(self, name, short, title, description="", claims=(), tables=(), heuristics=(), streams=(), named=(),
                 bound=(), stateful=False):
        claims = [types.Claim(table, key) for table, key in claims]
        tables = list(tables), list(heuristics), [], list(streams), list(named), list(bound)
        self.wit = types.Protocol(name, short, title, description, [], claims, *tables, stateful)
        self.whole, self.settings, self.entries = None, {}, {}

    def field(self, name, title, kind, width=0, *, description="", names=None, base=Base.DEC, unit="", mask=0, scale=1,
              fixed=None, little_endian=False, computed=False, hidden=False, trailer=False, part=False, linked=False,
              role=Role.NONE):
        """Declares a field. Names are given by value, or by a pair of the first and the last value of a range."""
        names = [(key if isinstance(key, tuple) else (key, key), text) for key, text in (names or {}).items()]
        names = [types.ValueName(start, end, text) for (start, end), text in names]
        number, full = len(self.wit.fields), f"{self.wit.name}.{name}"
        field = Field(number, types.Field(full, title, description, kind, width, little_endian, mask, scale, fixed, base,
                                          unit, names, computed, hidden, trailer, part, linked, role))
        self.wit.fields.append(field.wit)
        if not part:
            self.whole = field
        else:
            self.whole.spans.append((1 << number, number << 48 | self.whole.width))
        return field

    def uint(self, name, title, width, **more):
        """Declares an unsigned number of so many bytes."""
        return self.field(name, title, Kind.UINT, width, **more)

    def group(self, name, title, **more):
        """Declares a heading for several fields."""
        return self.field(name, title, Kind.GROUP, **more)

    def setting(self, name, description, default, choices=(), least=0, most=ALL_ONES):
        """Declares a setting: a bool, a number or a text. Its value is in `settings` before the first frame."""
        kind = {bool: types.SettingValue_Bool, int: types.SettingValue_Uint, str: types.SettingValue_Text}
        value = kind[type(default)](default)
        self.wit.settings.append(types.Setting(name, description, value, list(choices), least, most))
        self.settings[name] = default

    def on(self, entry):
        """Decorates the function for an entry. Those for `DISSECT` and `TRAILER` read, that for `PROBE` returns a verdict."""
        return lambda function: self.entries.update({entry: function}) or function


class Stop(Exception):
    """The bytes ran out: field, field that set the limit, offset, bytes needed, bytes there, whether the capture cut it.

    Without these the dissector leaves of its own will.
    """


class Pdu:
    """A PDU: its bytes, a cursor in them, and where the findings go."""

    __slots__ = ("data", "wire", "flags", "claimed", "context", "flow", "frame", "time", "at", "readable", "limit",
                 "claim", "end", "want", "wants_info", "line", "words", "side", "next")

    def __init__(self, data, slice_words, want, wants_info, words, next):
        wire, self.context, self.flow, self.frame, self.time = slice_words
        self.data, self.want, self.wants_info, self.words, self.next = data, want, wants_info, words, next
        self.wire, self.flags, self.claimed = wire >> 32, wire >> 16 & 0xFFFF, wire & 0xFFFF
        self.at, self.readable, self.claim, self.line, self.side = 0, len(data), NO_FIELD, 0, bytearray()
        self.limit = self.end = min(self.wire, MAX)

    def _stop(self, field, needed):
        available = max(0, self.readable - self.at)
        return Stop(field, self.claim, self.at, needed, available, self.at + needed <= self.limit)

    def take(self, field):
        """Reads a field of fixed width, records it and its parts, moves behind it and returns its value."""
        at = self.at
        end = at + field.width
        if end > self.readable:
            raise self._stop(field.number, field.width)
        for bit, span in field.spans:
            if self.want & bit:
                self.words.append(span | at << 24)
        self.at = end
        return field.value(self.data[at:end])

    def take_bytes(self, field, length):
        """Takes the next bytes as the value of a field, and returns them."""
        start = self.at
        self.skip(length, field.number)
        self.mark(field, start, self.at)
        return self.data[start:self.at]

    def take_rest(self, field):
        """Takes everything up to the limit, as far as it was captured."""
        return self.take_bytes(field, max(0, self.readable - self.at))

    def mark(self, field, start, end):
        """Records a range of the PDU as the value of a field."""
        if self.want >> field.number & 1:
            self.words.append(field.number << 48 | start << 24 | end - start)

    def skip(self, length, field=NO_FIELD):
        """Moves over bytes that no field stands for."""
        if self.at + length > self.readable:
            raise self._stop(field, length)
        self.at += length

    @contextmanager
    def group(self, field):
        """What is read in a `with` statement of this is under one heading, which spans it."""
        start, word, wanted = self.at, len(self.words), self.want >> field.number & 1
        self.words += (0,) * wanted
        try:
            yield
        finally:
            if wanted:
                self.words[word] = field.number << 48 | start << 24 | self.at - start
                self.words.append(END << 48 | self.at << 24)

    def computed(self, field, start, end, value):
        """Records a value that was computed from a range of the PDU."""
        if self.want >> field.number & 1:
            if field.wit.kind in LONG:
                value = self._keep(value.encode() if isinstance(value, str) else value)
            elif isinstance(value, float):
                value = int.from_bytes(struct.pack(">d", value))
            elif isinstance(value, bytes):
                value = int.from_bytes(value)
            self.words += (field.number << 48 | min(start, MAX) << 24 | min(end - start, MAX), value & ALL_ONES)

    def _keep(self, data):
        start = len(self.side)
        self.side += data
        return start << 32 | len(data)

    def info(self, text):
        """Sets the info line. To format it in vain costs time; `wants_info` says whether somebody reads it."""
        if self.wants_info:
            self.line = self._keep(text.encode())

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
        raise Stop()

    def hand_on(self, table, *keys, context=0, what=0, at=0, part=0):
        """Hands what lies between cursor and limit to whoever owns the first key, else the second, in a table."""
        keys, place = keys or (0,), table << 48 | self.at << 24 | max(0, self.limit - self.at)
        self.next += (place, what << 9 | len(keys), keys[0], keys[1] if keys[1:] else 0, context, at, part)

    def diagnostic(self, severity, code, start, end, text="", field=NO_FIELD, claim=NO_FIELD, needed=0):
        """Records what is wrong with a range of the PDU; the code is a short fixed name for it."""
        code, text, length = code.encode(), text.encode(), end - start
        texts = len(code) << 48 | len(self.side) << 24 | len(text)
        self.side += code + text
        self.words += (DIAGNOSTIC << 48 | min(start, MAX) << 24 | min(length, MAX),
                       severity << 48 | field << 32 | claim << 16, needed << 32 | length, texts)

    def stopped(self, field, claim, offset, needed, available, cut):
        """Answers to the end of the bytes: in a stream it waits for more, elsewhere it says what is missing."""
        if self.flags & STREAM and self.end > self.wire:
            return
        if self.flags & STREAM and claim == NO_FIELD and not cut:
            self.end = min(max(offset + needed, self.end + 1), MAX)
            return
        cut = cut or self.flags & QUOTED and claim == NO_FIELD
        severity, code = (NOTE, "cut") if cut else (ERROR, "short")
        self.diagnostic(severity, code, offset, offset + available, "", field, claim, needed)


def plugin(name, version, *protocols):
    """The class that the main module of a plugin must have under the name `Dissector`."""

    class Dissector(exports.Dissector):
        def describe(self):
            return types.Description(name, version, [protocol.wit for protocol in protocols])

        def configure(self, dissector, settings):
            protocols[dissector].settings.update((key, setting.value) for key, setting in settings)

        def dissect(self, dissector, entry, bytes, slices, want):
            try:
                return _answers(protocols[dissector].entries.get(entry), entry, bytes, slices, want)
            except Exception as e:
                # A trap says nothing of what led to it; the host takes this line as its reason.
                log.write(log.Level.ERROR, f"{type(e).__name__}: {e}")
                raise

    return Dissector


def _answers(function, entry, data, slices, want):
    wants_info, wanted = bool(want[0]), sum(word << 64 * i for i, word in enumerate(want[1:]))
    words, side, next, ends = [], bytearray(), [], []
    for i in range(0, len(slices), 6):
        start, length = slices[i] >> 32, min(slices[i] & 0xFFFFFFFF, MAX)
        pdu = Pdu(data[start:start + length], slices[i + 1:i + 6], wanted, wants_info, words, next)
        try:
            verdict = function(pdu) if function else NOT_MINE
            if entry == Entry.PROBE:
                pdu.end = verdict
        except Stop as stop:
            if stop.args:
                pdu.stopped(*stop.args)
        side += pdu.side
        ends += (len(words) << 32 | len(side), len(next) // 7 << 32 | pdu.end, pdu.line)
    return types.Answers(words, bytes(side), next, ends)
