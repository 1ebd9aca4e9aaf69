/*
 * What a prosector plugin in C is written with. It keeps sdk/wit/v0.1/prosector.wit; README.md beside this file has the
 * model, the build lines and a table of these functions against those of the Rust SDK.
 *
 * A dissector is one .c file: it declares its fields (PS_FIELDS) and its protocol (struct ps_dissector), and reads each
 * PDU with a cursor, struct ps_pdu. Every field that it takes is recorded; names, formats and nesting follow from the
 * declaration. PS_PLUGIN lists the dissectors of a plugin, in one of its files.
 *
 * Reading past the end is no fault: the PDU is then *stopped*. Everything read before is kept, a diagnostic says which
 * field did not fit, and from there on nothing is left to read (zeros, no bytes), and nothing is recorded, handed on or
 * said any more. So a dissector may read straight on; only its loops and recursions ask ps_ok or ps_remaining.
 *
 * Memory: what a function points to lies in the frame or in memory of this call, and lasts until the dissector returns.
 * Names that end with an underscore are not for dissectors.
 */
#ifndef PROSECTOR_H
#define PROSECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest offset or length in a PDU. */
#define PS_MAX 0xffffffu
/* Numbers of spans: what is not a field, the end of a group, a diagnostic. Also: no field. */
#define PS_FIRST_CONTROL_ 0xff00
#define PS_DIAGNOSTIC_ 0xfffe
#define PS_END_ 0xffff
#define PS_NO_FIELD_ 0xffff
/* Flags of slices. */
#define PS_QUOTED_ 1
#define PS_REVERSE_ 2
#define PS_STREAM_ 4

/* For what becomes a few instructions where the field is known, which a compiler does not see in time. */
#define PS_INLINE_ static inline __attribute__((always_inline))

/* --- Texts, bytes and lists, as the interface lays them out --- */

/* UTF-8. Of texts made with PS_TEXT a zero byte follows. */
struct ps_text {
    const char *ptr;
    size_t len;
};

struct ps_bytes {
    const uint8_t *ptr;
    size_t len;
};

/* A text from a string literal. */
#define PS_TEXT(literal) { "" literal, sizeof(literal) - 1 }

/* The two arguments of "%.*s" for a text or for bytes. */
#define PS_ARGS(text) (int)(text).len, (text).ptr

#define PS_LIST_(type, ...) \
    { (const type[]){ __VA_ARGS__ }, sizeof((const type[]){ __VA_ARGS__ }) / sizeof(type) }

/* --- Declarations: fields --- */

enum ps_kind {
    PS_KIND_NONE,
    PS_KIND_GROUP,
    PS_KIND_UINT,
    PS_KIND_INT,
    PS_KIND_BOOL,
    PS_KIND_FLOAT,
    PS_KIND_BYTES,
    PS_KIND_STR,
    PS_KIND_MAC,
    PS_KIND_EUI64,
    PS_KIND_IPV4,
    PS_KIND_IPV6,
    PS_KIND_UUID,
    PS_KIND_TIME_S,
    PS_KIND_TIME_NS,
    PS_KIND_TIME_NTP,
    PS_KIND_DURATION,
};

enum ps_base { PS_BASE_DEC, PS_BASE_HEX, PS_BASE_OCT };
enum ps_role { PS_ROLE_NONE, PS_ROLE_SOURCE, PS_ROLE_DESTINATION };

/* A name for the values from `start` to `end`, both included. */
struct ps_value_name {
    uint64_t start, end;
    struct ps_text name;
};

/* Items of an array of value names, for PS_NAMES. */
#define PS_NAME(value, text) { (value), (value), PS_TEXT(text) }
#define PS_NAME_RANGE(from, to, text) { (from), (to), PS_TEXT(text) }

/* A field. It is declared with PS_FIELDS, and used by the pointer that PS_FIELDS makes. */
struct ps_field {
    struct ps_text name, title, description;
    uint8_t kind;
    uint8_t width; /* bytes; 0 where that varies */
    bool little_endian;
    uint64_t mask; /* bits that belong to it; 0: all */
    uint32_t scale; /* the value is the number in the bytes times this */
    bool is_fixed; /* a float that is a whole number in the bytes: number * scale / divisor + offset */
    struct {
        bool is_signed;
        uint32_t divisor;
        int32_t offset;
    } fixed;
    uint8_t base;
    struct ps_text unit;
    struct {
        const struct ps_value_name *items;
        size_t count;
    } names;
    bool computed, hidden, trailer, part, linked;
    uint8_t role;
    uint16_t number; /* its place in the list; not of the interface, but in what would be padding there */
};

/*
 * Declares the fields of this file's protocol, from a list that is written as a macro:
 *
 *     #define FIELDS(FIELD) \
 *         FIELD(TYPE,  "acme.type",  "Type",  PS_U8, PS_NAMES(TYPES)) \
 *         FIELD(FLAGS, "acme.flags", "Flags", PS_U16, PS_HEX)
 *     PS_FIELDS(FIELDS);
 *
 * Each line is: what the field is called in this file; its full name; its title; its type; what else there is to say of
 * it. In this file TYPE is then a pointer to the field. PS_FIELD_LIST stands for all of them in struct ps_protocol.
 */
#define PS_FIELDS(list) \
    enum { list(PS_FIELD_NUMBER_) ps_field_count_ }; \
    _Pragma("clang diagnostic push") \
    _Pragma("clang diagnostic ignored \"-Winitializer-overrides\"") /* of `scale`, which is 1 elsewhere */ \
    static const struct ps_field ps_fields_[] = { list(PS_FIELD_) { .part = false /* the last one ends too */ } }; \
    _Pragma("clang diagnostic pop") \
    list(PS_FIELD_POINTER_) \
    _Static_assert(ps_field_count_ < PS_FIRST_CONTROL_, "too many fields")
#define PS_FIELD_LIST { ps_fields_, ps_field_count_ }
#define PS_FIELD_NUMBER_(id, ...) ps_number_##id,
#define PS_FIELD_(id, full_name, full_title, ...) \
    { .name = PS_TEXT(full_name), .title = PS_TEXT(full_title), .scale = 1, .number = ps_number_##id, __VA_ARGS__ },
#define PS_FIELD_POINTER_(id, ...) \
    __attribute__((unused)) static const struct ps_field *const id = &ps_fields_[ps_number_##id];

/* Types. Numbers are big-endian unless PS_LE says otherwise. */
#define PS_NONE .kind = PS_KIND_NONE
#define PS_GROUP .kind = PS_KIND_GROUP
#define PS_UINT(bits) .kind = PS_KIND_UINT, .width = (bits) / 8
#define PS_INT(bits) .kind = PS_KIND_INT, .width = (bits) / 8
#define PS_U8 PS_UINT(8)
#define PS_U16 PS_UINT(16)
#define PS_U24 PS_UINT(24)
#define PS_U32 PS_UINT(32)
#define PS_U40 PS_UINT(40)
#define PS_U48 PS_UINT(48)
#define PS_U56 PS_UINT(56)
#define PS_U64 PS_UINT(64)
#define PS_I8 PS_INT(8)
#define PS_I16 PS_INT(16)
#define PS_I24 PS_INT(24)
#define PS_I32 PS_INT(32)
#define PS_I64 PS_INT(64)
#define PS_BOOL .kind = PS_KIND_BOOL, .width = 1
#define PS_F32 .kind = PS_KIND_FLOAT, .width = 4
#define PS_F64 .kind = PS_KIND_FLOAT, .width = 8
#define PS_BYTES .kind = PS_KIND_BYTES
#define PS_STR .kind = PS_KIND_STR
#define PS_MAC .kind = PS_KIND_MAC, .width = 6
#define PS_EUI64 .kind = PS_KIND_EUI64, .width = 8
#define PS_IPV4 .kind = PS_KIND_IPV4, .width = 4
#define PS_IPV6 .kind = PS_KIND_IPV6, .width = 16
#define PS_UUID .kind = PS_KIND_UUID, .width = 16
#define PS_TIME_S .kind = PS_KIND_TIME_S, .width = 4
#define PS_TIME_NS .kind = PS_KIND_TIME_NS, .width = 8
#define PS_TIME_US PS_TIME_NS, PS_SCALE(1000)
#define PS_TIME_MS PS_TIME_NS, PS_SCALE(1000000)
#define PS_TIME_NTP .kind = PS_KIND_TIME_NTP, .width = 8
#define PS_DURATION .kind = PS_KIND_DURATION, .width = 8
/* Some bits of the number before it, which has as many bits in all, and the same byte order. */
#define PS_BITS(bits, bit_mask) PS_UINT(bits), PS_MASK(bit_mask), .part = true
#define PS_FLAG(bits, bit_mask) .kind = PS_KIND_BOOL, .width = (bits) / 8, PS_MASK(bit_mask), .part = true

/* What else there is to say of a field. */
#define PS_ABOUT(text) .description = PS_TEXT(text)
#define PS_WIDTH(bytes) .width = (bytes) /* of bytes, texts, times and booleans that have another one */
#define PS_LE .little_endian = true
#define PS_MASK(bits) .mask = (bits)
#define PS_SCALE(factor) .scale = (factor)
/* The unsigned or signed number is a float: number * scale / by + plus. */
#define PS_FIXED(by, plus) .kind = PS_KIND_FLOAT, .is_fixed = true, .fixed = { false, (by), (plus) }
#define PS_FIXED_SIGNED(by, plus) .kind = PS_KIND_FLOAT, .is_fixed = true, .fixed = { true, (by), (plus) }
#define PS_HEX .base = PS_BASE_HEX
#define PS_OCT .base = PS_BASE_OCT
#define PS_UNIT(text) .unit = PS_TEXT(text)
#define PS_NAMES(array) .names = { (array), sizeof(array) / sizeof((array)[0]) }
#define PS_COMPUTED .computed = true
#define PS_HIDDEN .hidden = true
#define PS_TRAILER .trailer = true
#define PS_LINKED .linked = true
#define PS_SOURCE .role = PS_ROLE_SOURCE
#define PS_DESTINATION .role = PS_ROLE_DESTINATION

/* --- Declarations: protocols --- */

struct ps_claim {
    struct ps_text table;
    uint64_t key;
};

enum ps_setting_type { PS_SETTING_IS_BOOL, PS_SETTING_IS_UINT, PS_SETTING_IS_TEXT };

struct ps_setting_value {
    uint8_t type;
    union {
        bool on;
        uint64_t number;
        struct ps_text text;
    } value;
};

struct ps_claim_list {
    const struct ps_claim *items;
    size_t count;
};

struct ps_text_list {
    const struct ps_text *items;
    size_t count;
};

struct ps_setting {
    struct ps_text name, description;
    struct ps_setting_value initial;
    struct ps_text_list choices; /* a text must be one of these; none: any text */
    uint64_t min, max;
};

/* What the interface says of each of these stands in prosector.wit, record `protocol`. */
struct ps_protocol {
    struct ps_text name; /* `acme` */
    struct ps_text short_title; /* `ACME` */
    struct ps_text title; /* `ACME telemetry` */
    struct ps_text description;
    struct {
        const struct ps_field *items;
        size_t count;
    } fields; /* PS_FIELD_LIST */
    struct ps_claim_list claims; /* PS_CLAIMS */
    struct ps_text_list tables; /* PS_TABLE_LIST */
    struct ps_text_list heuristics; /* PS_TEXTS */
    struct {
        const struct ps_setting *items;
        size_t count;
    } settings; /* PS_SETTINGS */
    struct ps_text_list streams, named, bound; /* PS_TEXTS */
    bool stateful;
};

#define PS_TEXTS(...) PS_LIST_(struct ps_text, __VA_ARGS__) /* of PS_TEXT */
#define PS_CLAIMS(...) PS_LIST_(struct ps_claim, __VA_ARGS__) /* of PS_CLAIM */
#define PS_CLAIM(name, number) { PS_TEXT(name), (number) }
#define PS_SETTINGS(...) PS_LIST_(struct ps_setting, __VA_ARGS__) /* of these three */
#define PS_SETTING_BOOL(id, initially, about) \
    { PS_TEXT(id), PS_TEXT(about), { PS_SETTING_IS_BOOL, { .on = (initially) } }, PS_ANY_TEXT, 0, UINT64_MAX }
#define PS_SETTING_UINT(id, initially, least, most, about) \
    { PS_TEXT(id), PS_TEXT(about), { PS_SETTING_IS_UINT, { .number = (initially) } }, PS_ANY_TEXT, (least), (most) }
/* What follows the description: PS_TEXTS of the choices, or PS_ANY_TEXT. */
#define PS_ANY_TEXT { 0, 0 }
#define PS_SETTING_TEXT(id, initially, about, ...) \
    { PS_TEXT(id), PS_TEXT(about), { PS_SETTING_IS_TEXT, { .text = PS_TEXT(initially) } }, __VA_ARGS__, 0, UINT64_MAX }

/*
 * Declares the tables that this file's protocol hands on to, so that their numbers have names in it:
 *
 *     #define TABLES(TABLE) \
 *         TABLE(KIND, "every.kind") \
 *         TABLE(IP,   "@ip")
 *     PS_TABLES(TABLES);
 */
#define PS_TABLES(list) \
    enum { list(PS_TABLE_NUMBER_) ps_table_count_ }; \
    static const struct ps_text ps_tables_[] = { list(PS_TABLE_) }
#define PS_TABLE_LIST { ps_tables_, ps_table_count_ }
#define PS_TABLE_NUMBER_(id, name) id,
#define PS_TABLE_(id, name) PS_TEXT(name),

struct ps_pdu;
struct ps_settings;

/* What a dissector says of a slice that nobody claims. */
enum ps_verdict {
    PS_NOT_MINE, /* nor will anything else in its flow be */
    PS_MAYBE, /* it may be, unless another dissector is certain */
    PS_CERTAIN, /* it is, and so is everything else in its flow */
    PS_BROKEN, /* it is, but broken */
};

/* A protocol and its dissector. Whatever it keeps is in static variables: an instance of a plugin has it once. */
struct ps_dissector {
    struct ps_protocol protocol;
    /* Reads one PDU. Nothing that is kept may change how a later PDU is read, unless the protocol is `stateful`. */
    void (*dissect)(struct ps_pdu *pdu);
    /*
     * This and the rest may be missing. Takes the settings, before the first PDU; also later, if it has a setting
     * `keylog`, whose further lines then come. NULL: all is well; any other text is told to the user, and the dissector
     * is not used.
     */
    const char *(*configure)(const struct ps_settings *settings);
    /*
     * Reads what lies behind the payload of a PDU, if a field is declared as PS_TRAILER. ps_context is then `low half
     * of the PDU's own context << 32 | bytes before the trailer`.
     */
    void (*trailer)(struct ps_pdu *pdu);
    /* Says whether a slice is of this protocol, asked in the tables that it names as `heuristics`. */
    enum ps_verdict (*probe)(struct ps_pdu *pdu);
    /* Forgets what was kept for a flow, if the protocol is `stateful`. */
    void (*flow_end)(uint64_t flow);
};

struct ps_plugin {
    struct ps_text name, version;
    struct {
        const struct ps_dissector *const *items;
        size_t count;
    } dissectors;
};

/* The plugin: its name, its version (https://semver.org), pointers to its dissectors. */
#define PS_PLUGIN(plugin_name, plugin_version, ...) \
    const struct ps_plugin ps_plugin = { \
        PS_TEXT(plugin_name), PS_TEXT(plugin_version), PS_LIST_(struct ps_dissector *const, __VA_ARGS__) }

extern const struct ps_plugin ps_plugin;

/* --- What a hand-on is. A function below gives a pointer to it, which holds until the next hand-on of the PDU. --- */

enum ps_what {
    PS_WHOLE, /* a PDU */
    PS_STREAM, /* bytes of a stream, at `at` */
    PS_STREAM_END, /* its last bytes */
    PS_FRAGMENT, /* of a PDU, at `at`; more follow */
    PS_LAST_FRAGMENT,
    PS_STREAM_LOST, /* no bytes: what lies before `at` in the other direction's stream and has not come will not come */
    PS_BIND, /* no bytes: further PDUs of the flow are for the dissector that the table names */
    PS_EXPECT, /* see ps_expect */
    PS_STREAM_GAP, /* as PS_STREAM_LOST, of this direction's stream */
    PS_EVEN_EMPTY, /* a PDU that may have no bytes: the context tells enough */
};

struct ps_next {
    enum ps_what what;
    uint64_t at; /* where in its stream, or in the PDU that it is a fragment of, it begins */
    uint64_t part; /* which part of the flow it belongs to, or which PDU it is a fragment of; 0: the flow itself */
    uint64_t context; /* for whoever gets it: its ps_context */
    bool quoted; /* it quotes another frame, and says nothing of who talks to whom in this one */
    bool detail; /* in a summary this PDU stays what the frame is about */
    bool in_side; /* its bytes are not in the slice */
    bool ends_are_ports;
    uint16_t sender, receiver, ends_len; /* where their addresses or ports lie in the slice, and how long each is */
    uint16_t table;
    uint8_t key_count;
    uint64_t keys[2];
    uint32_t offset, len; /* its bytes; `len` on the wire */
};

/* If nobody owns the key, then this one is looked up. */
void ps_next_or_key(struct ps_next *next, uint64_t key);
/* What is handed on belongs to the flow of the addresses `from` and `to` bytes after the start of the PDU. */
void ps_next_addresses(struct ps_next *next, size_t from, size_t to, size_t len);
/* It belongs to that part of the addresses' flow which these ports make. */
void ps_next_ports(struct ps_next *next, size_t from, size_t to, size_t len);
/* It ends `len` bytes after its start instead of at the limit. */
void ps_next_len(struct ps_next *next, uint64_t len);
/* These are bytes of a stream, the first at this offset. Where the count begins is free. */
void ps_next_stream(struct ps_next *next, uint64_t offset);
/* This is the fragment at `offset` of the PDU that the sender calls `id`; whether `more` follow. */
void ps_next_fragment(struct ps_next *next, uint64_t id, uint64_t offset, bool more);

/* --- The PDU --- */

/* A group or limit that is open. */
struct ps_scope_ {
    bool is_limit;
    uint32_t word; /* of a group: its span's place among the words, or PS_NOT_RECORDED_ */
    size_t limit, readable, end; /* of a limit: those around it, and its own end */
    uint16_t claim;
};

#define PS_NOT_RECORDED_ UINT32_MAX
/* How deep groups and limits nest. */
#define PS_SCOPES 64

/* The slice that a dissector was given, and a cursor in it. All members are private. */
struct ps_pdu {
    const uint8_t *data; /* its first byte */
    size_t at; /* the cursor */
    size_t readable; /* where what may be read now ends: captured, and inside the limit */
    size_t limit; /* where the limit is, on the wire */
    size_t end; /* where the PDU ends, on the wire */
    uint64_t want_low; /* bits of the wanted fields; the first 64 by value */
    const uint64_t *want;
    size_t want_count;
    bool wants_info;
    bool is_stopped;
    uint16_t claim; /* the field that set the limit */
    struct { /* the read that did not fit, if one did not */
        bool is_short;
        bool is_cut; /* the bytes were on the wire */
        uint16_t field, claim;
        uint32_t offset, needed, available;
    } stop;
    uint32_t info_start, info_len;
    size_t side_start; /* its first side byte */
    size_t len, wire_len; /* the slice's */
    uint16_t flags, own_claim;
    uint64_t context, flow, number;
    int64_t time;
    bool has_next;
    struct ps_next next;
    size_t depth;
    struct ps_scope_ scopes[PS_SCOPES];
};

/* Memory that grows: what is found in the PDUs of a call. */
struct ps_buffer_ {
    char *start;
    size_t len, size; /* bytes */
    bool is_fixed; /* what does not fit is dropped */
};
extern struct ps_buffer_ ps_words_;
void ps_grow_(struct ps_buffer_ *buffer, size_t more);

PS_INLINE_ void ps_push_(struct ps_buffer_ *buffer, uint64_t word) {
    if (buffer->size - buffer->len < sizeof word) {
        ps_grow_(buffer, sizeof word);
    }
    *(uint64_t *)(buffer->start + buffer->len) = word;
    buffer->len += sizeof word;
}

static inline uint64_t ps_span_(uint16_t number, size_t offset, size_t len) {
    return (uint64_t)number << 48 | (uint64_t)offset << 24 | len;
}

/* A dissector uses a field as what it is not: tells so and traps. */
_Noreturn void ps_misuse_(const struct ps_field *field, const char *needed);

/* Where the cursor is. */

/* Whether everything could be read so far. */
static inline bool ps_ok(const struct ps_pdu *pdu) {
    return !pdu->is_stopped;
}

/* Bytes between the start of the PDU and the cursor. */
static inline size_t ps_position(const struct ps_pdu *pdu) {
    return pdu->at;
}

/* Bytes that can still be read: captured, and inside the limit. */
static inline size_t ps_remaining(const struct ps_pdu *pdu) {
    return pdu->at < pdu->readable ? pdu->readable - pdu->at : 0;
}

/* Bytes up to the limit, whether they were captured or not. */
static inline size_t ps_wire_remaining(const struct ps_pdu *pdu) {
    return pdu->at < pdu->limit ? pdu->limit - pdu->at : 0;
}

/* Length of the PDU on the wire, as far as is known: the slice's, or what ps_set_len said. */
static inline size_t ps_wire_len(const struct ps_pdu *pdu) {
    return pdu->end;
}

/* Every captured byte of the PDU. */
static inline struct ps_bytes ps_data(const struct ps_pdu *pdu) {
    return (struct ps_bytes){ pdu->data, pdu->len < pdu->end ? pdu->len : pdu->end };
}

/* The bytes between the cursor and the limit, as far as they were captured. */
static inline struct ps_bytes ps_rest(const struct ps_pdu *pdu) {
    return (struct ps_bytes){ pdu->data + pdu->at, ps_remaining(pdu) };
}

/* What the slice came with. */

/* The number that the protocol around it passed on, see ps_next. */
static inline uint64_t ps_context(const struct ps_pdu *pdu) {
    return pdu->context;
}

/* Which of the protocol's claims it came by, as a position in the list; -1 if by none. */
static inline int ps_claimed_by(const struct ps_pdu *pdu) {
    return pdu->own_claim == UINT16_MAX ? -1 : pdu->own_claim;
}

/* Whether it is a part of a quotation of another frame: often cut short, and perhaps changed on its way. */
static inline bool ps_is_quoted(const struct ps_pdu *pdu) {
    return (pdu->flags & PS_QUOTED_) != 0;
}

/* Whether it is of a byte stream, so that more may follow: who runs off the end waits. */
static inline bool ps_is_stream(const struct ps_pdu *pdu) {
    return (pdu->flags & PS_STREAM_) != 0;
}

/* Which of its flow's two directions it goes in. This and what follows is for protocols that are `stateful`. */
static inline bool ps_is_reverse(const struct ps_pdu *pdu) {
    return (pdu->flags & PS_REVERSE_) != 0;
}

/* Which conversation it belongs to, the same number in both directions; 0 where that is not known. */
static inline uint64_t ps_flow(const struct ps_pdu *pdu) {
    return pdu->flow;
}

/* Whether both ends of its flow have the same address, so that only ports tell its directions apart. */
static inline bool ps_is_own(const struct ps_pdu *pdu) {
    return (pdu->flow & 1) != 0;
}

/* Number of the frame, counted from 1. */
static inline uint64_t ps_frame_number(const struct ps_pdu *pdu) {
    return pdu->number;
}

/* When the frame was captured, in nanoseconds since 1970. */
static inline int64_t ps_time(const struct ps_pdu *pdu) {
    return pdu->time;
}

/* --- Reading fields of fixed length --- */

/* Whether somebody wants this field, for values that are dear to compute. */
PS_INLINE_ bool ps_wants(const struct ps_pdu *pdu, const struct ps_field *field) {
    uint16_t number = field->number;
    if (number < 64) {
        return (pdu->want_low >> number & 1) != 0;
    }
    return number / 64u < pdu->want_count && (pdu->want[number / 64u] >> (number % 64u) & 1) != 0;
}

/* Records that a field lies in these bytes, if somebody wants it. */
PS_INLINE_ void ps_record_(const struct ps_pdu *pdu, const struct ps_field *field, size_t offset, size_t len) {
    if (ps_wants(pdu, field)) {
        ps_push_(&ps_words_, ps_span_(field->number, offset, len));
    }
}

/* Stops the PDU: a field does not fit. */
void ps_short_(struct ps_pdu *pdu, uint16_t field, uint64_t needed);

/* The next `n` bytes, without moving; NULL, and the PDU is stopped, if there are fewer. */
PS_INLINE_ const uint8_t *ps_ahead_(struct ps_pdu *pdu, uint16_t field, uint64_t n) {
    if (pdu->at <= pdu->readable && n <= pdu->readable - pdu->at) {
        return pdu->data + pdu->at;
    }
    ps_short_(pdu, field, n);
    return NULL;
}

/* In place of what could not be read, as long as the longest field. */
extern const uint8_t ps_zeros_[256];

/* The bytes of a field at the cursor, as many as it is wide, without recording or moving; zeros if they don't fit. */
PS_INLINE_ const uint8_t *ps_peek_array(struct ps_pdu *pdu, const struct ps_field *field) {
    if (field->width == 0 || field->computed) {
        ps_misuse_(field, "a value of fixed width in the bytes");
    }
    const uint8_t *bytes = ps_ahead_(pdu, field->number, field->width);
    return bytes != NULL ? bytes : ps_zeros_;
}

/* The same, and records the field and its parts. */
PS_INLINE_ const uint8_t *ps_show_array(struct ps_pdu *pdu, const struct ps_field *field) {
    const uint8_t *bytes = ps_peek_array(pdu, field);
    ps_record_(pdu, field, pdu->at, field->width);
    if (!field->part) {
        for (const struct ps_field *part = field + 1; part->part; part++) {
            ps_record_(pdu, part, pdu->at, field->width);
        }
    }
    return bytes;
}

/* The same, and moves behind it. */
PS_INLINE_ const uint8_t *ps_take_array(struct ps_pdu *pdu, const struct ps_field *field) {
    const uint8_t *bytes = ps_show_array(pdu, field);
    if (ps_ok(pdu)) {
        pdu->at += field->width;
    }
    return bytes;
}

/* The number in the first `n` bytes, at most 8, of which the first is the most significant one; the least. */
PS_INLINE_ uint64_t ps_be(const uint8_t *bytes, size_t n) {
    uint64_t number = 0;
    for (size_t i = 0; i < n; i++) {
        number = number << 8 | bytes[i];
    }
    return number;
}

PS_INLINE_ uint64_t ps_le(const uint8_t *bytes, size_t n) {
    uint64_t number = 0;
    for (size_t i = n; i > 0; i--) {
        number = number << 8 | bytes[i - 1];
    }
    return number;
}

/* The number in a field's bytes, masked and shifted down; of signed ones two's complement in 64 bits. */
PS_INLINE_ uint64_t ps_unscaled_(const struct ps_field *field, const uint8_t *bytes, bool is_signed) {
    uint64_t number = field->little_endian ? ps_le(bytes, field->width) : ps_be(bytes, field->width);
    unsigned bits = field->width * 8u;
    if (field->mask != 0) {
        number = (number & field->mask) >> __builtin_ctzll(field->mask);
        bits = (unsigned)__builtin_popcountll(field->mask);
    }
    if (is_signed && bits < 64 && (number >> (bits - 1) & 1) != 0) {
        number |= UINT64_MAX << bits;
    }
    return number;
}

PS_INLINE_ uint64_t ps_number_of_(const struct ps_field *field, const uint8_t *bytes) {
    if (field->width > 8 || field->kind == PS_KIND_FLOAT) {
        ps_misuse_(field, "a whole number");
    }
    uint64_t number = ps_unscaled_(field, bytes, field->kind == PS_KIND_INT);
    return field->kind == PS_KIND_BOOL ? number != 0 : number * field->scale;
}

PS_INLINE_ double ps_float_of_(const struct ps_field *field, const uint8_t *bytes) {
    if (field->width > 8 || field->kind != PS_KIND_FLOAT) {
        ps_misuse_(field, "a float");
    }
    uint64_t number = ps_unscaled_(field, bytes, field->is_fixed && field->fixed.is_signed);
    if (field->is_fixed) {
        /* One division, so that 253 tenths are 25.3 and nothing else. */
        double whole = field->fixed.is_signed ? (double)(int64_t)number : (double)number;
        return (whole * field->scale + (double)field->fixed.offset * field->fixed.divisor) / field->fixed.divisor;
    }
    if (field->width == 4) {
        union { uint32_t bits; float value; } single = { .bits = (uint32_t)number };
        return single.value;
    }
    union { uint64_t bits; double value; } twice = { .bits = number };
    return twice.value;
}

/*
 * Reads a number at the cursor, records it and its parts, and moves behind it. The value is masked, shifted down, and
 * scaled; of signed numbers it is to be assigned to a signed type; a boolean is 0 or 1; an address is a number too.
 */
PS_INLINE_ uint64_t ps_take(struct ps_pdu *pdu, const struct ps_field *field) {
    return ps_number_of_(field, ps_take_array(pdu, field));
}

/* The same without moving. */
PS_INLINE_ uint64_t ps_show(struct ps_pdu *pdu, const struct ps_field *field) {
    return ps_number_of_(field, ps_show_array(pdu, field));
}

/* The same without moving or recording it. */
PS_INLINE_ uint64_t ps_peek(struct ps_pdu *pdu, const struct ps_field *field) {
    return ps_number_of_(field, ps_peek_array(pdu, field));
}

/* Reads and records a number that begins `offset` bytes after the start of the PDU, without moving. */
uint64_t ps_show_at(struct ps_pdu *pdu, const struct ps_field *field, size_t offset);

/* The same three for floats: IEEE 754, or PS_FIXED. */
PS_INLINE_ double ps_take_float(struct ps_pdu *pdu, const struct ps_field *field) {
    return ps_float_of_(field, ps_take_array(pdu, field));
}

PS_INLINE_ double ps_show_float(struct ps_pdu *pdu, const struct ps_field *field) {
    return ps_float_of_(field, ps_show_array(pdu, field));
}

PS_INLINE_ double ps_peek_float(struct ps_pdu *pdu, const struct ps_field *field) {
    return ps_float_of_(field, ps_peek_array(pdu, field));
}

/* --- Reading bytes and texts. Lengths have 64 bits, so that no length from a frame can wrap. --- */

/* Takes the next `len` bytes as the value of a field. */
struct ps_bytes ps_take_bytes(struct ps_pdu *pdu, const struct ps_field *field, uint64_t len);
/* Takes everything up to the limit, as far as it was captured. */
struct ps_bytes ps_take_rest(struct ps_pdu *pdu, const struct ps_field *field);
/*
 * Takes the bytes up to the next line end (CRLF or LF) and moves behind the line end. Without one, a stream waits;
 * elsewhere the rest is the line.
 */
struct ps_bytes ps_take_line(struct ps_pdu *pdu, const struct ps_field *field);
/* The bytes up to the next line end, without moving. */
struct ps_bytes ps_peek_line(struct ps_pdu *pdu);
/*
 * Takes everything before the next delimiter, and moves behind that: for a text that a zero ends, "" and 1. Without
 * one, a stream waits; elsewhere the rest is the value.
 */
struct ps_bytes ps_take_until(
    struct ps_pdu *pdu, const struct ps_field *field, const void *delimiter, size_t delimiter_len);
/* Takes a text that has `len` bytes of room and is filled up with zeros. Gives the text without them. */
struct ps_bytes ps_take_padded(struct ps_pdu *pdu, const struct ps_field *field, uint64_t len);
/* Moves over bytes that no field stands for. */
void ps_skip(struct ps_pdu *pdu, uint64_t len);
/* Records the bytes from `from` to before `to`, which must have been captured, as a field, whatever its type. */
void ps_mark(struct ps_pdu *pdu, const struct ps_field *field, size_t from, size_t to);

/* --- Reading numbers whose bytes a declaration can't describe: fields that are PS_COMPUTED --- */

/* Takes an unsigned number of 1 to 8 bytes, where only the frame tells how many, or in which order. */
uint64_t ps_take_number(struct ps_pdu *pdu, const struct ps_field *field, size_t len, bool little_endian);
/* Takes an unsigned LEB128 number, as in Protocol Buffers and MQTT. Bits above the 64th are lost. */
uint64_t ps_take_leb128(struct ps_pdu *pdu, const struct ps_field *field);
/* Takes a signed number in the zigzag form of Protocol Buffers, as LEB128: 0, 1, 2, 3 are 0, -1, 1, -2. */
int64_t ps_take_zigzag(struct ps_pdu *pdu, const struct ps_field *field);
/* Takes a number in the form of QUIC (RFC 9000, section 16), of 1, 2, 4 or 8 bytes. */
uint64_t ps_take_varint(struct ps_pdu *pdu, const struct ps_field *field);
/* Takes a packed decimal number, the higher half of each byte first. What is no digit gets a diagnostic. */
uint64_t ps_take_bcd(struct ps_pdu *pdu, const struct ps_field *field, uint64_t len);

/* --- Structure --- */

/* What is read up to ps_group_end stands under one heading. What is open when the dissector returns ends there. */
void ps_group(struct ps_pdu *pdu, const struct ps_field *group);
void ps_group_end(struct ps_pdu *pdu);
/*
 * Limits reading to the next `len` bytes, a length that `claim` gave, up to ps_within_end, which moves to their end. A
 * length that reaches over the present limit is read as far as that one; the field that doesn't fit says so.
 */
void ps_within(struct ps_pdu *pdu, const struct ps_field *claim, uint64_t len);
void ps_within_end(struct ps_pdu *pdu);
/*
 * Says that the PDU is `len` bytes long, as `claim` gave it. What lies behind belongs to the protocol around it, as its
 * trailer, or is the stream's next PDU. A `len` over the slice's own length changes nothing, but in a stream.
 */
void ps_set_len(struct ps_pdu *pdu, const struct ps_field *claim, uint64_t len);
/* Ends the PDU at the cursor. */
void ps_end_here(struct ps_pdu *pdu);
/* In a stream, stops the PDU until there are `len` bytes from its start. */
void ps_wait_for(struct ps_pdu *pdu, uint64_t len);
/* Stops the PDU; in a stream, until there is at least one byte more or the stream ends. */
void ps_wait_more(struct ps_pdu *pdu);
/* Stops the PDU and says that it is not of this protocol: what was found is dropped, and others may have it. */
void ps_reject(struct ps_pdu *pdu);

/* --- What is not in the bytes. A value comes from the bytes `from` to before `to`; these are the same for none. --- */

/* Records a computed number, boolean, MAC or IPv4 address (as a number), or time (nanoseconds). */
void ps_computed(struct ps_pdu *pdu, const struct ps_field *field, size_t from, size_t to, uint64_t value);
/* Records a computed float. */
void ps_computed_float(struct ps_pdu *pdu, const struct ps_field *field, size_t from, size_t to, double value);
/* Records a computed text, bytes, IPv6 address or UUID. */
void ps_computed_bytes(
    struct ps_pdu *pdu, const struct ps_field *field, size_t from, size_t to, const void *bytes, size_t len);
/* Records a computed text, formatted as ps_format says. */
__attribute__((format(printf, 5, 6))) void ps_computed_text(
    struct ps_pdu *pdu, const struct ps_field *field, size_t from, size_t to, const char *format, ...);

/*
 * ps_info(pdu, format, …) sets the info line; a later call replaces it. The arguments are evaluated only if somebody
 * wants it.
 */
#define ps_info(pdu, ...) ((pdu)->wants_info ? ps_info_(pdu, __VA_ARGS__) : (void)0)
__attribute__((format(printf, 2, 3))) void ps_info_(struct ps_pdu *pdu, const char *format, ...);

enum ps_severity { PS_NOTE, PS_WARNING, PS_ERROR };

/* Records a diagnostic. `code` is a short fixed name for it, like `bad-length`. */
__attribute__((format(printf, 6, 7))) void ps_diagnostic(
    struct ps_pdu *pdu, enum ps_severity severity, const char *code, size_t from, size_t to, const char *format, ...);

/* What became of verifying a checksum, and the names of that, for PS_NAMES. */
enum ps_checksum_status { PS_CHECKSUM_BAD, PS_CHECKSUM_GOOD, PS_CHECKSUM_UNVERIFIED, PS_CHECKSUM_NOT_PRESENT };
extern const struct ps_value_name ps_checksum_names[4];

/* Records it as a computed number. A bad one gets a diagnostic. */
void ps_checksum(
    struct ps_pdu *pdu, const struct ps_field *field, size_t from, size_t to, enum ps_checksum_status status);
/* The Internet checksum (RFC 1071). Over bytes that include their own checksum it is 0 if that holds. */
uint16_t ps_internet_checksum(const uint8_t *bytes, size_t len);

/* The declared name of a field's value; `unknown` where it has none. */
const char *ps_name(const struct ps_field *field, uint64_t value);

/* --- Handing on --- */

/* Hands everything between cursor and limit to whoever owns the key in a table. */
struct ps_next *ps_hand_on(struct ps_pdu *pdu, uint16_t table, uint64_t key);
/* Hands it to the dissector of this name, one of the tables. */
struct ps_next *ps_hand_to(struct ps_pdu *pdu, uint16_t dissector);
/* Hands on bytes that are not in the frame: decrypted, decompressed, put together. They are copied. */
struct ps_next *ps_hand_on_bytes(struct ps_pdu *pdu, uint16_t table, uint64_t key, const void *bytes, size_t len);
/*
 * From the next PDU on, whatever comes in this flow, in both directions, is for the dissector of this name, one of the
 * tables that are declared as `bound`.
 */
void ps_bind(struct ps_pdu *pdu, uint16_t dissector);
/*
 * Flows that begin later, have this address (of `len` bytes; 0: any) and port at one end and would look the port up in
 * the table `ports`, are for the dissector of this name, declared as `bound`, unless somebody claims the port.
 */
void ps_expect(
    struct ps_pdu *pdu, uint16_t ports, const void *address, size_t len, uint16_t port, uint16_t dissector);

/* --- Settings, in `configure`. A text lasts until it returns. --- */

/* Whether a setting is on; false where it isn't declared as one that can be. */
bool ps_setting_is_on(const struct ps_settings *settings, const char *name);
/* A setting's number; 0 where it isn't declared as one. */
uint64_t ps_setting_number(const struct ps_settings *settings, const char *name);
/* A setting's text; empty where it isn't declared as one. */
struct ps_text ps_setting_text(const struct ps_settings *settings, const char *name);
/* Whether a text is this one. */
bool ps_text_is(struct ps_text text, const char *other);

/* --- Memory, messages --- */

/* Memory for ever, for what a dissector keeps: zeros, for every type. There is no way to give it back. */
void *ps_alloc(size_t size);
/* Memory until the dissector returns, for every type; not zeros. */
void *ps_scratch(size_t size);

/*
 * A text, of at most 1023 bytes, up to the next ps_format, ps_log or ps_panic. As printf, with the conversions d i u x
 * X o c s %, their lengths, the flags - 0 # + and space, width and precision; there are no floats. A text from a frame
 * is written as "%.*s" with PS_ARGS(bytes): these are exactly so many bytes, zeros among them too. What in any text is
 * not UTF-8 is replaced.
 */
__attribute__((format(printf, 1, 2))) const char *ps_format(const char *format, ...);

enum ps_level { PS_LOG_DEBUG, PS_LOG_INFO, PS_LOG_WARNING, PS_LOG_ERROR };

/* Tells the user something. The number of lines is limited. */
__attribute__((format(printf, 2, 3))) void ps_log(enum ps_level level, const char *format, ...);
/* Gives up on this call, with a reason; the frame gets it as the diagnostic `fault`. For what can't be. */
__attribute__((format(printf, 1, 2))) _Noreturn void ps_panic(const char *format, ...);

/* --- What a stateful dissector keeps for its flows --- */

/*
 * Something for each of the flows seen last, at most as many as it has places; who was seen least recently is
 * forgotten. Memory is taken as flows come. What is kept for one flow is of a fixed size, and zeros at first.
 *
 *     static struct ps_flows flows = PS_FLOWS(struct conversation, 65536);
 */
struct ps_flows {
    size_t size, places;
    struct ps_kept_ **heads; /* chains of flows by hash */
    size_t mask, count;
    struct ps_kept_ *newest, *oldest, *free, *nobody;
};
#define PS_FLOWS(type, most) { .size = sizeof(type), .places = (most) }

/* What is kept for a flow; for flow 0 always new. It holds until the next call with these flows. */
void *ps_flows_of(struct ps_flows *flows, uint64_t flow);
/* The same for a part of a flow, as the dissector itself numbers its parts. */
void *ps_flows_of_part(struct ps_flows *flows, uint64_t flow, uint64_t part);
/* Forgets a flow. */
void ps_flows_end(struct ps_flows *flows, uint64_t flow);

#endif
