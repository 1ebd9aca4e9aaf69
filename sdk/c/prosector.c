/* What is behind prosector.h: memory, texts, the PDU, and the functions that the host calls. */
#include "prosector.h"

#include <stdarg.h>

/* --- The layout of the interface, in 32-bit memory: a change of prosector.wit is to be seen here --- */

_Static_assert(sizeof(struct ps_text) == 8, "string");
_Static_assert(sizeof(struct ps_value_name) == 24, "record value-name");
_Static_assert(
    sizeof(struct ps_field) == 88 && offsetof(struct ps_field, mask) == 32 && offsetof(struct ps_field, fixed) == 48 &&
        offsetof(struct ps_field, unit) == 64 && offsetof(struct ps_field, role) == 85,
    "record field");
_Static_assert(sizeof(struct ps_claim) == 16, "record claim");
_Static_assert(sizeof(struct ps_setting_value) == 16, "variant setting-value");
_Static_assert(sizeof(struct ps_setting) == 56 && offsetof(struct ps_setting, min) == 40, "record setting");
_Static_assert(sizeof(struct ps_protocol) == 100 && offsetof(struct ps_protocol, stateful) == 96, "record protocol");

/* --- What a compiler calls. A libc that is linked too goes before these. --- */

__attribute__((weak)) void *memcpy(void *restrict to, const void *restrict from, size_t n) {
    char *target = to;
    const char *source = from;
    for (; n >= sizeof(uint64_t); n -= sizeof(uint64_t)) {
        __builtin_memcpy(target, source, sizeof(uint64_t)); /* one load and one store */
        target += sizeof(uint64_t);
        source += sizeof(uint64_t);
    }
    while (n-- > 0) {
        *target++ = *source++;
    }
    return to;
}

__attribute__((weak)) void *memmove(void *to, const void *from, size_t n) {
    if (to < from) {
        return memcpy(to, from, n);
    }
    for (size_t i = n; i > 0; i--) {
        ((char *)to)[i - 1] = ((const char *)from)[i - 1];
    }
    return to;
}

__attribute__((weak)) void *memset(void *to, int byte, size_t n) {
    for (size_t i = 0; i < n; i++) {
        ((char *)to)[i] = (char)byte;
    }
    return to;
}

__attribute__((weak)) int memcmp(const void *a, const void *b, size_t n) {
    const uint8_t *left = a, *right = b;
    for (size_t i = 0; i < n; i++) {
        if (left[i] != right[i]) {
            return left[i] - right[i];
        }
    }
    return 0;
}

__attribute__((weak)) size_t strlen(const char *text) {
    size_t len = 0;
    while (text[len] != '\0') {
        len++;
    }
    return len;
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* A number from a frame as a size: one that memory can't have is the largest. */
static size_t clamped(uint64_t n) {
    return n < SIZE_MAX ? (size_t)n : SIZE_MAX;
}

/* --- Memory --- */

#define PAGE 0x10000u

/* Where the linker's own data ends. */
extern char __heap_base;

void *ps_alloc(size_t size) {
    static uint64_t top;
    if (top == 0) {
        top = (uintptr_t)&__heap_base;
    }
    uint64_t start = (top + 15) & ~(uint64_t)15, end = start + size;
    uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) * PAGE;
    if (end > have && (end > UINT32_MAX || __builtin_wasm_memory_grow(0, (end - have + PAGE - 1) / PAGE) == SIZE_MAX)) {
        ps_panic("out of memory");
    }
    top = end;
    return (void *)(uintptr_t)start;
}

/* So much is taken where so much is needed. What was there before is left behind: in all, at most twice the last. */
static size_t roomy(uint64_t needed) {
    return clamped(needed + needed / 2 + 4096);
}

void ps_grow_(struct ps_buffer_ *buffer, size_t more) {
    size_t size = roomy((uint64_t)buffer->len + more);
    char *start = ps_alloc(size);
    memcpy(start, buffer->start, buffer->len);
    buffer->start = start;
    buffer->size = size;
}

/* What lasts until the end of a call: what the host passes in, and then what ps_scratch gives. */
static struct ps_buffer_ arena;

static void *in_arena(size_t align, size_t size) {
    size_t at = (arena.len + align - 1) & ~(align - 1);
    if (at > arena.size || size > arena.size - at) {
        /* The next call finds room for all of this one. What is in the old memory stays valid. */
        arena.size = roomy((uint64_t)arena.len + size);
        arena.start = ps_alloc(arena.size);
        at = 0;
    }
    arena.len = at + size;
    return arena.start + at;
}

void *ps_scratch(size_t size) {
    return in_arena(16, size);
}

__attribute__((export_name("cabi_realloc"))) void *ps_realloc_(void *old, size_t old_size, size_t align, size_t size) {
    void *start = in_arena(align, size);
    return memcpy(start, old, least(old_size, size));
}

/* --- Texts --- */

static void put(struct ps_buffer_ *out, const char *bytes, size_t n) {
    if (n > out->size - out->len) {
        if (out->is_fixed) {
            n = out->size - out->len;
        } else {
            ps_grow_(out, n);
        }
    }
    memcpy(out->start + out->len, bytes, n);
    out->len += n;
}

static void put_words(struct ps_buffer_ *out, const uint64_t *words, size_t count) {
    put(out, (const char *)words, count * sizeof *words);
}

static void put_times(struct ps_buffer_ *out, char byte, size_t n) {
    for (; n > 0; n--) {
        put(out, &byte, 1);
    }
}

/*
 * Bytes of the character that a text begins with, and whether it is one: if not, then what stands there is to be
 * replaced as a whole (Unicode, section 3.9, the maximal subpart of an ill-formed subsequence).
 */
static size_t character(const uint8_t *bytes, size_t len, bool *is_valid) {
    uint8_t first = bytes[0], low = 0x80, high = 0xbf;
    size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    *is_valid = first < 0x80 || (first >= 0xc2 && first <= 0xf4);
    if (!*is_valid) {
        return 1;
    }
    low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : low;
    high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : high;
    for (size_t i = 1; i <= more; i++) {
        if (i == len || bytes[i] < low || bytes[i] > high) {
            *is_valid = false;
            return i;
        }
        low = 0x80;
        high = 0xbf;
    }
    return 1 + more;
}

/* A text that may not be UTF-8. */
static void put_text(struct ps_buffer_ *out, const char *text, size_t len) {
    size_t start = 0, n;
    for (size_t at = 0; at < len; at += n) {
        bool is_valid;
        n = character((const uint8_t *)text + at, len - at, &is_valid);
        if (!is_valid) {
            put(out, text + start, at - start);
            put(out, "\xef\xbf\xbd", 3);
            start = at + n;
        }
    }
    put(out, text + start, len - start);
}

/* Where a text of at most `most` bytes ends, without cutting a character. */
static size_t cut_to(const char *text, size_t len, size_t most) {
    if (len > most) {
        for (len = most; len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80; len--) {
        }
    }
    return len;
}

struct conversion {
    bool left, zeros, alternate, is_exact;
    char sign; /* for positive numbers: +, a space or 0 */
    size_t width, precision; /* SIZE_MAX: none */
};

static void put_number(struct ps_buffer_ *out, const struct conversion *how, char type, uint64_t n, bool is_negative) {
    const char *digits = type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    unsigned shift = type == 'o' ? 3 : type == 'x' || type == 'X' ? 4 : 0;
    char text[24], prefix[2];
    size_t start = sizeof text, prefix_len = 0;
    if (shift == 4 && how->alternate && n != 0) {
        prefix[prefix_len++] = '0';
        prefix[prefix_len++] = type;
    } else if (is_negative || how->sign != 0) {
        prefix[prefix_len++] = is_negative ? '-' : how->sign;
    }
    while (n != 0) {
        text[--start] = digits[shift != 0 ? n & ((1u << shift) - 1) : n % 10];
        n = shift != 0 ? n >> shift : n / 10;
    }
    size_t count = sizeof text - start, needed = how->precision == SIZE_MAX ? 1 : how->precision;
    if (shift == 3 && how->alternate) {
        needed = needed > count ? needed : count + 1;
    }
    size_t zeros = needed > count ? needed - count : 0, len = prefix_len + zeros + count;
    size_t pad = how->width > len ? how->width - len : 0;
    if (how->zeros && !how->left && how->precision == SIZE_MAX) {
        zeros += pad;
        pad = 0;
    }
    put_times(out, ' ', how->left ? 0 : pad);
    put(out, prefix, prefix_len);
    put_times(out, '0', zeros);
    put(out, text + start, count);
    put_times(out, ' ', how->left ? pad : 0);
}

static void put_string(struct ps_buffer_ *out, const struct conversion *how, const char *text) {
    size_t len = 0;
    while (len < how->precision && (how->is_exact || text[len] != '\0')) {
        len++;
    }
    size_t pad = how->width > len ? how->width - len : 0;
    put_times(out, ' ', how->left ? 0 : pad);
    put_text(out, text, len);
    put_times(out, ' ', how->left ? pad : 0);
}

/* A width or precision, in digits or as argument; a negative one is 0. */
static const char *size_in(const char *format, va_list *arguments, size_t *size) {
    *size = 0;
    if (*format == '*') {
        int n = va_arg(*arguments, int);
        *size = n < 0 ? 0 : (size_t)n;
        return format + 1;
    }
    for (; *format >= '0' && *format <= '9'; format++) {
        *size = *size * 10 + (size_t)(*format - '0');
    }
    return format;
}

static void put_format(struct ps_buffer_ *out, const char *format, va_list *arguments) {
    while (*format != '\0') {
        const char *start = format;
        while (*format != '\0' && *format != '%') {
            format++;
        }
        put_text(out, start, (size_t)(format - start));
        if (*format == '\0') {
            break;
        }
        struct conversion how = { .precision = SIZE_MAX };
        for (bool is_flag = true; is_flag;) {
            format++;
            switch (*format) {
            case '-': how.left = true; break;
            case '0': how.zeros = true; break;
            case '#': how.alternate = true; break;
            case '+': how.sign = '+'; break;
            case ' ': how.sign = how.sign == 0 ? ' ' : how.sign; break;
            default: is_flag = false;
            }
        }
        format = size_in(format, arguments, &how.width);
        if (*format == '.') {
            how.is_exact = format[1] == '*';
            format = size_in(format + 1, arguments, &how.precision);
        }
        /* Only long long is longer than int here. */
        bool is_long = false;
        for (; *format == 'h' || *format == 'l' || *format == 'j' || *format == 'z' || *format == 't'; format++) {
            is_long |= *format == 'j' || (*format == 'l' && format[1] == 'l');
        }
        char type = *format;
        if (type == '\0') {
            break;
        }
        format++;
        if (type == 'd' || type == 'i') {
            int64_t n = is_long ? va_arg(*arguments, int64_t) : va_arg(*arguments, int32_t);
            put_number(out, &how, type, n < 0 ? -(uint64_t)n : (uint64_t)n, n < 0);
        } else if (type == 'u' || type == 'x' || type == 'X' || type == 'o') {
            how.sign = 0;
            put_number(out, &how, type, is_long ? va_arg(*arguments, uint64_t) : va_arg(*arguments, uint32_t), false);
        } else if (type == 'c') {
            char text[2] = { (char)va_arg(*arguments, int), '\0' };
            put_string(out, &how, text);
        } else if (type == 's') {
            put_string(out, &how, va_arg(*arguments, const char *));
        } else {
            put(out, &type, 1);
        }
    }
}

/* --- Messages --- */

__attribute__((import_module("prosector:plugin/log@0.1.0"), import_name("write"))) void ps_log_write_(
    uint32_t level, const char *text, size_t len);

static char line[1024];

static size_t put_line(const char *format, va_list *arguments) {
    struct ps_buffer_ out = { .start = line, .size = sizeof line, .is_fixed = true };
    put_format(&out, format, arguments);
    size_t len = cut_to(line, out.len, sizeof line - 1);
    line[len] = '\0';
    return len;
}

const char *ps_format(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    put_line(format, &arguments);
    va_end(arguments);
    return line;
}

void ps_log(enum ps_level level, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    ps_log_write_(level, line, put_line(format, &arguments));
    va_end(arguments);
}

_Noreturn void ps_panic(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    /* The host takes the last error line before a trap as its reason. */
    ps_log_write_(PS_LOG_ERROR, line, put_line(format, &arguments));
    __builtin_trap();
}

_Noreturn void ps_misuse_(const struct ps_field *field, const char *needed) {
    ps_panic("%s is not declared as %s", field->name.ptr, needed);
}

const char *ps_name(const struct ps_field *field, uint64_t value) {
    for (size_t i = 0; i < field->names.count; i++) {
        const struct ps_value_name *name = &field->names.items[i];
        if (name->start <= value && value <= name->end) {
            return name->name.ptr;
        }
    }
    return "unknown";
}

/* --- What is found in the PDUs of a call --- */

/* Words of a slice, and of a hand-on. */
#define SLICE_WORDS 6
#define HAND_ON_WORDS 7

struct ps_buffer_ ps_words_;
static struct ps_buffer_ side, hand_ons, ends;
const uint8_t ps_zeros_[256];

/* Nothing is left to read, and nothing is wanted any more. */
static void stop(struct ps_pdu *pdu) {
    pdu->is_stopped = true;
    pdu->readable = pdu->limit = 0;
    pdu->want_low = 0;
    pdu->want_count = 0;
    pdu->wants_info = false;
}

void ps_short_(struct ps_pdu *pdu, uint16_t field, uint64_t needed) {
    if (pdu->is_stopped) {
        return;
    }
    pdu->stop.is_short = true;
    pdu->stop.is_cut = pdu->at <= pdu->limit && needed <= pdu->limit - pdu->at;
    pdu->stop.field = field;
    pdu->stop.claim = pdu->claim;
    pdu->stop.offset = (uint32_t)pdu->at;
    pdu->stop.needed = clamped(needed);
    pdu->stop.available = ps_remaining(pdu);
    stop(pdu);
}

/* --- Reading --- */

uint64_t ps_show_at(struct ps_pdu *pdu, const struct ps_field *field, size_t offset) {
    size_t back = pdu->at;
    pdu->at = offset;
    uint64_t value = ps_show(pdu, field);
    pdu->at = back;
    return value;
}

struct ps_bytes ps_take_bytes(struct ps_pdu *pdu, const struct ps_field *field, uint64_t len) {
    const uint8_t *bytes = ps_ahead_(pdu, field->number, len);
    if (bytes == NULL) {
        return (struct ps_bytes){ ps_zeros_, 0 };
    }
    ps_record_(pdu, field, pdu->at, (size_t)len);
    pdu->at += (size_t)len;
    return (struct ps_bytes){ bytes, (size_t)len };
}

struct ps_bytes ps_take_rest(struct ps_pdu *pdu, const struct ps_field *field) {
    struct ps_bytes bytes = ps_rest(pdu);
    ps_record_(pdu, field, pdu->at, bytes.len);
    pdu->at += bytes.len;
    return bytes;
}

/* A line of text is not waited for longer than so many bytes. */
#define MAX_LINE 0x10000u

/* Whether more bytes may come: the PDU is of a stream, and nothing has set a limit. */
static bool may_grow(const struct ps_pdu *pdu) {
    return ps_is_stream(pdu) && pdu->claim == PS_NO_FIELD_ && ps_remaining(pdu) < MAX_LINE;
}

/* How long the line at the cursor is, without its end; `line_end` is how long that is. */
static size_t line_len(struct ps_pdu *pdu, size_t *line_end) {
    struct ps_bytes rest = ps_rest(pdu);
    for (size_t i = 0; i < rest.len; i++) {
        if (rest.ptr[i] == '\n') {
            bool is_crlf = i > 0 && rest.ptr[i - 1] == '\r';
            *line_end = is_crlf ? 2 : 1;
            return is_crlf ? i - 1 : i;
        }
    }
    *line_end = 0;
    if (may_grow(pdu)) {
        ps_wait_more(pdu);
        return 0;
    }
    return rest.len;
}

struct ps_bytes ps_take_line(struct ps_pdu *pdu, const struct ps_field *field) {
    size_t line_end, len = line_len(pdu, &line_end);
    struct ps_bytes bytes = ps_take_bytes(pdu, field, len);
    pdu->at += line_end;
    return bytes;
}

struct ps_bytes ps_peek_line(struct ps_pdu *pdu) {
    size_t line_end, len = line_len(pdu, &line_end);
    return (struct ps_bytes){ ps_rest(pdu).ptr, len };
}

/* Moves over bytes that are for a field; NULL if they don't fit. */
static const uint8_t *pass(struct ps_pdu *pdu, uint16_t field, uint64_t len) {
    const uint8_t *bytes = ps_ahead_(pdu, field, len);
    pdu->at += bytes != NULL ? (size_t)len : 0;
    return bytes;
}

void ps_skip(struct ps_pdu *pdu, uint64_t len) {
    pass(pdu, PS_NO_FIELD_, len);
}

void ps_mark(struct ps_pdu *pdu, const struct ps_field *field, size_t from, size_t to) {
    ps_record_(pdu, field, from, from < to ? to - from : 0);
}

struct ps_bytes ps_take_until(
    struct ps_pdu *pdu, const struct ps_field *field, const void *delimiter, size_t delimiter_len) {
    struct ps_bytes rest = ps_rest(pdu);
    for (size_t i = 0; delimiter_len > 0 && i + delimiter_len <= rest.len; i++) {
        if (memcmp(rest.ptr + i, delimiter, delimiter_len) == 0) {
            struct ps_bytes bytes = ps_take_bytes(pdu, field, i);
            ps_skip(pdu, delimiter_len);
            return bytes;
        }
    }
    if (may_grow(pdu)) {
        ps_wait_more(pdu);
        return (struct ps_bytes){ ps_zeros_, 0 };
    }
    return ps_take_rest(pdu, field);
}

struct ps_bytes ps_take_padded(struct ps_pdu *pdu, const struct ps_field *field, uint64_t len) {
    size_t start = pdu->at, text_len = 0;
    const uint8_t *bytes = pass(pdu, field->number, len);
    if (bytes == NULL) {
        return (struct ps_bytes){ ps_zeros_, 0 };
    }
    while (text_len < len && bytes[text_len] != 0) {
        text_len++;
    }
    ps_record_(pdu, field, start, text_len);
    return (struct ps_bytes){ bytes, text_len };
}

/* --- Reading numbers of varying length, which the host gets as computed values --- */

uint64_t ps_take_number(struct ps_pdu *pdu, const struct ps_field *field, size_t len, bool little_endian) {
    size_t start = pdu->at;
    const uint8_t *bytes = pass(pdu, field->number, len);
    if (bytes == NULL) {
        return 0;
    }
    uint64_t number = little_endian ? ps_le(bytes, len) : ps_be(bytes, len);
    ps_computed(pdu, field, start, pdu->at, number);
    return number;
}

/* No number in LEB128 has more bytes. */
#define MAX_LEB128 10

static uint64_t leb128(struct ps_pdu *pdu, const struct ps_field *field) {
    struct ps_bytes rest = ps_rest(pdu);
    size_t len = 1;
    while (len < MAX_LEB128 && len <= rest.len && (rest.ptr[len - 1] & 0x80) != 0) {
        len++;
    }
    const uint8_t *bytes = pass(pdu, field->number, len);
    uint64_t number = 0;
    for (; bytes != NULL && len > 0; len--) {
        number = number << 7 | (bytes[len - 1] & 0x7f);
    }
    return number;
}

uint64_t ps_take_leb128(struct ps_pdu *pdu, const struct ps_field *field) {
    size_t start = pdu->at;
    uint64_t number = leb128(pdu, field);
    ps_computed(pdu, field, start, pdu->at, number);
    return number;
}

int64_t ps_take_zigzag(struct ps_pdu *pdu, const struct ps_field *field) {
    size_t start = pdu->at;
    uint64_t number = leb128(pdu, field);
    int64_t value = (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
    ps_computed(pdu, field, start, pdu->at, (uint64_t)value);
    return value;
}

uint64_t ps_take_varint(struct ps_pdu *pdu, const struct ps_field *field) {
    struct ps_bytes rest = ps_rest(pdu);
    size_t start = pdu->at, len = (size_t)1 << (rest.len > 0 ? rest.ptr[0] >> 6 : 0);
    const uint8_t *bytes = pass(pdu, field->number, len);
    if (bytes == NULL) {
        return 0;
    }
    uint64_t number = ps_be(bytes, len) & UINT64_MAX >> (66 - 8 * len);
    ps_computed(pdu, field, start, pdu->at, number);
    return number;
}

uint64_t ps_take_bcd(struct ps_pdu *pdu, const struct ps_field *field, uint64_t len) {
    size_t start = pdu->at;
    const uint8_t *bytes = pass(pdu, field->number, len);
    if (bytes == NULL) {
        return 0;
    }
    uint64_t number = 0;
    bool is_decimal = true;
    for (size_t i = 0; i < len; i++) {
        unsigned high = bytes[i] >> 4, low = bytes[i] & 0xf;
        number = number * 100 + high * 10 + low;
        is_decimal &= high <= 9 && low <= 9;
    }
    ps_computed(pdu, field, start, pdu->at, number);
    if (!is_decimal) {
        ps_diagnostic(pdu, PS_WARNING, "bad-digit", start, pdu->at, "not a decimal number");
    }
    return number;
}

/* --- Structure --- */

static struct ps_scope_ *open_scope(struct ps_pdu *pdu, bool is_limit) {
    if (pdu->depth == PS_SCOPES) {
        ps_panic("groups and limits nest deeper than %d", PS_SCOPES);
    }
    struct ps_scope_ *scope = &pdu->scopes[pdu->depth++];
    scope->is_limit = is_limit;
    return scope;
}

static struct ps_scope_ *close_scope(struct ps_pdu *pdu, bool is_limit) {
    if (pdu->depth == 0 || pdu->scopes[pdu->depth - 1].is_limit != is_limit) {
        ps_panic("a %s ends that is not the innermost one", is_limit ? "limit" : "group");
    }
    return &pdu->scopes[--pdu->depth];
}

void ps_group(struct ps_pdu *pdu, const struct ps_field *group) {
    struct ps_scope_ *scope = open_scope(pdu, false);
    scope->word = PS_NOT_RECORDED_;
    if (ps_wants(pdu, group)) {
        scope->word = ps_words_.len / sizeof(uint64_t);
        ps_push_(&ps_words_, ps_span_(group->number, pdu->at, 0));
    }
}

void ps_group_end(struct ps_pdu *pdu) {
    struct ps_scope_ *scope = close_scope(pdu, false);
    if (scope->word == PS_NOT_RECORDED_) {
        return;
    }
    uint64_t *span = (uint64_t *)ps_words_.start + scope->word;
    size_t start = *span >> 24 & PS_MAX;
    *span |= start < pdu->at ? pdu->at - start : 0;
    ps_push_(&ps_words_, ps_span_(PS_END_, pdu->at, 0));
}

void ps_within(struct ps_pdu *pdu, const struct ps_field *claim, uint64_t len) {
    struct ps_scope_ *scope = open_scope(pdu, true);
    size_t end = len < SIZE_MAX - pdu->at ? pdu->at + (size_t)len : SIZE_MAX;
    if (end > pdu->limit && pdu->claim == PS_NO_FIELD_) {
        ps_wait_for(pdu, end);
    }
    scope->limit = pdu->limit;
    scope->readable = pdu->readable;
    scope->claim = pdu->claim;
    scope->end = end;
    if (end <= pdu->limit) {
        pdu->limit = end;
        pdu->claim = claim->number;
        pdu->readable = least(pdu->readable, end);
    }
}

void ps_within_end(struct ps_pdu *pdu) {
    struct ps_scope_ *scope = close_scope(pdu, true);
    if (pdu->is_stopped) {
        return;
    }
    pdu->limit = scope->limit;
    pdu->readable = scope->readable;
    pdu->claim = scope->claim;
    size_t end = least(scope->end, pdu->readable);
    pdu->at = pdu->at < end ? end : pdu->at;
}

void ps_set_len(struct ps_pdu *pdu, const struct ps_field *claim, uint64_t len) {
    if (pdu->is_stopped) {
        return;
    }
    if (len < pdu->end) {
        pdu->end = pdu->limit = (size_t)len;
        pdu->claim = claim->number;
        pdu->readable = least(pdu->readable, (size_t)len);
    } else if (ps_is_stream(pdu)) {
        if (len == pdu->end) {
            /* All of it is here: who runs off its end would wait in vain. */
            pdu->claim = claim->number;
        }
        pdu->end = least(clamped(len), PS_MAX);
    }
}

void ps_end_here(struct ps_pdu *pdu) {
    if (!pdu->is_stopped && pdu->at < pdu->end) {
        pdu->end = pdu->limit = pdu->at;
        pdu->readable = least(pdu->readable, pdu->at);
    }
}

void ps_wait_for(struct ps_pdu *pdu, uint64_t len) {
    if (!pdu->is_stopped && ps_is_stream(pdu) && len > pdu->wire_len) {
        pdu->end = least(clamped(len), PS_MAX);
        stop(pdu);
    }
}

void ps_wait_more(struct ps_pdu *pdu) {
    if (!pdu->is_stopped && ps_is_stream(pdu)) {
        pdu->end = least(pdu->wire_len + 1, PS_MAX);
    }
    stop(pdu);
}

/* In place of the end of a PDU: the slice is not of this protocol. */
#define REJECTED UINT32_MAX

void ps_reject(struct ps_pdu *pdu) {
    if (!pdu->is_stopped) {
        pdu->end = REJECTED;
    }
    stop(pdu);
}

/* --- What is not in the bytes --- */

static bool is_long(const struct ps_field *field) {
    return field->kind == PS_KIND_BYTES || field->kind == PS_KIND_STR || field->kind == PS_KIND_IPV6 ||
        field->kind == PS_KIND_UUID;
}

/* The span of a computed value, and its second word. */
static void push_computed(const struct ps_field *field, size_t from, size_t to, uint64_t value) {
    size_t len = from < to ? to - from : 0;
    const uint64_t words[] = { ps_span_(field->number, least(from, PS_MAX), least(len, PS_MAX)), value };
    put_words(&ps_words_, words, 2);
}

void ps_computed(struct ps_pdu *pdu, const struct ps_field *field, size_t from, size_t to, uint64_t value) {
    if (!field->computed || is_long(field)) {
        ps_misuse_(field, "a computed number");
    }
    if (ps_wants(pdu, field)) {
        push_computed(field, from, to, value);
    }
}

void ps_computed_float(struct ps_pdu *pdu, const struct ps_field *field, size_t from, size_t to, double value) {
    union { double value; uint64_t bits; } word = { .value = value };
    ps_computed(pdu, field, from, to, word.bits);
}

/* Where the side bytes of this PDU end, from its first one. */
static size_t side_len(const struct ps_pdu *pdu) {
    return side.len - pdu->side_start;
}

void ps_computed_bytes(
    struct ps_pdu *pdu, const struct ps_field *field, size_t from, size_t to, const void *bytes, size_t len) {
    if (!field->computed || !is_long(field)) {
        ps_misuse_(field, "a computed text or bytes");
    }
    if (ps_wants(pdu, field)) {
        push_computed(field, from, to, (uint64_t)side_len(pdu) << 32 | len);
        put(&side, bytes, len);
    }
}

void ps_computed_text(
    struct ps_pdu *pdu, const struct ps_field *field, size_t from, size_t to, const char *format, ...) {
    if (!ps_wants(pdu, field)) {
        return;
    }
    size_t start = side_len(pdu);
    va_list arguments;
    va_start(arguments, format);
    put_format(&side, format, &arguments);
    va_end(arguments);
    push_computed(field, from, to, (uint64_t)start << 32 | (side_len(pdu) - start));
}

void ps_info_(struct ps_pdu *pdu, const char *format, ...) {
    pdu->info_start = side_len(pdu);
    va_list arguments;
    va_start(arguments, format);
    put_format(&side, format, &arguments);
    va_end(arguments);
    pdu->info_len = side_len(pdu) - pdu->info_start;
}

/* The words of a diagnostic whose code and then text are the last side bytes. */
static void push_diagnostic(const struct ps_pdu *pdu, enum ps_severity severity, uint16_t field, uint16_t claim,
    size_t offset, uint32_t needed, uint32_t available, size_t code_len, size_t text_len) {
    uint64_t start = side_len(pdu) - code_len - text_len;
    const uint64_t words[] = {
        ps_span_(PS_DIAGNOSTIC_, offset & PS_MAX, available & PS_MAX),
        (uint64_t)severity << 48 | (uint64_t)field << 32 | (uint64_t)claim << 16,
        (uint64_t)needed << 32 | available,
        (uint64_t)code_len << 48 | (start & PS_MAX) << 24 | text_len,
    };
    put_words(&ps_words_, words, 4);
}

/* How long the code and the text of a diagnostic may be. */
#define MAX_CODE 255
#define MAX_TEXT 4096

void ps_diagnostic(struct ps_pdu *pdu, enum ps_severity severity, const char *code, size_t from, size_t to,
    const char *format, ...) {
    if (pdu->is_stopped) {
        return;
    }
    size_t code_len = cut_to(code, strlen(code), MAX_CODE);
    put(&side, code, code_len);
    size_t start = side.len;
    va_list arguments;
    va_start(arguments, format);
    put_format(&side, format, &arguments);
    va_end(arguments);
    size_t text_len = cut_to(side.start + start, side.len - start, MAX_TEXT);
    side.len = start + text_len;
    uint32_t len = from < to ? to - from : 0;
    push_diagnostic(pdu, severity, PS_NO_FIELD_, PS_NO_FIELD_, from, 0, len, code_len, text_len);
}

const struct ps_value_name ps_checksum_names[4] = {
    PS_NAME(PS_CHECKSUM_BAD, "Bad"),
    PS_NAME(PS_CHECKSUM_GOOD, "Good"),
    PS_NAME(PS_CHECKSUM_UNVERIFIED, "Unverified"),
    PS_NAME(PS_CHECKSUM_NOT_PRESENT, "Not present"),
};

void ps_checksum(
    struct ps_pdu *pdu, const struct ps_field *field, size_t from, size_t to, enum ps_checksum_status status) {
    ps_computed(pdu, field, from, to, status);
    if (status == PS_CHECKSUM_BAD) {
        ps_diagnostic(pdu, PS_ERROR, "bad-checksum", from, to, "the checksum does not hold");
    }
}

uint16_t ps_internet_checksum(const uint8_t *bytes, size_t len) {
    uint64_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += (uint64_t)bytes[i] << (i % 2 == 0 ? 8 : 0);
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

/* --- Handing on --- */

/* Makes words of the hand-on that is not yet finished. */
static void finish_next(struct ps_pdu *pdu) {
    const struct ps_next *next = &pdu->next;
    if (!pdu->has_next) {
        return;
    }
    pdu->has_next = false;
    uint64_t where = (uint64_t)next->ends_are_ports << 47 | (uint64_t)next->sender << 31 |
        (uint64_t)next->receiver << 15 | (next->ends_len & 0x7fff);
    const uint64_t words[HAND_ON_WORDS] = {
        ps_span_(next->table, next->offset, next->len),
        where << 16 | (uint64_t)next->in_side << 15 | (uint64_t)next->what << 9 | (uint64_t)next->quoted << 8 |
            (uint64_t)next->detail << 7 | next->key_count,
        next->keys[0],
        next->keys[1],
        next->context,
        next->at,
        next->part,
    };
    put_words(&hand_ons, words, HAND_ON_WORDS);
}

static struct ps_next *begin_next(struct ps_pdu *pdu, uint16_t table, uint64_t key, size_t offset, size_t len) {
    finish_next(pdu);
    /* One that comes after the PDU was stopped leads nowhere. */
    pdu->has_next = !pdu->is_stopped;
    pdu->next = (struct ps_next){ .table = table, .key_count = 1, .keys = { key, 0 }, .offset = offset, .len = len };
    return &pdu->next;
}

struct ps_next *ps_hand_on(struct ps_pdu *pdu, uint16_t table, uint64_t key) {
    return begin_next(pdu, table, key, pdu->at, ps_wire_remaining(pdu));
}

struct ps_next *ps_hand_to(struct ps_pdu *pdu, uint16_t dissector) {
    return ps_hand_on(pdu, dissector, 0);
}

struct ps_next *ps_hand_on_bytes(struct ps_pdu *pdu, uint16_t table, uint64_t key, const void *bytes, size_t len) {
    len = least(len, PS_MAX);
    struct ps_next *next = begin_next(pdu, table, key, side_len(pdu), len);
    next->in_side = true;
    if (!pdu->is_stopped) {
        put(&side, bytes, len);
    }
    return next;
}

void ps_bind(struct ps_pdu *pdu, uint16_t dissector) {
    begin_next(pdu, dissector, 0, 0, 0)->what = PS_BIND;
}

void ps_expect(
    struct ps_pdu *pdu, uint16_t ports, const void *address, size_t len, uint16_t port, uint16_t dissector) {
    struct ps_next *next = ps_hand_on_bytes(pdu, ports, port, address, len);
    ps_next_or_key(next, dissector);
    next->what = PS_EXPECT;
}

void ps_next_or_key(struct ps_next *next, uint64_t key) {
    next->keys[1] = key;
    next->key_count = 2;
}

void ps_next_addresses(struct ps_next *next, size_t from, size_t to, size_t len) {
    next->sender = (uint16_t)from;
    next->receiver = (uint16_t)to;
    next->ends_len = (uint16_t)len;
    next->ends_are_ports = false;
}

void ps_next_ports(struct ps_next *next, size_t from, size_t to, size_t len) {
    ps_next_addresses(next, from, to, len);
    next->ends_are_ports = true;
}

void ps_next_len(struct ps_next *next, uint64_t len) {
    next->len = least(next->len, clamped(len));
}

void ps_next_stream(struct ps_next *next, uint64_t offset) {
    next->what = PS_STREAM;
    next->at = offset;
}

void ps_next_fragment(struct ps_next *next, uint64_t id, uint64_t offset, bool more) {
    next->what = more ? PS_FRAGMENT : PS_LAST_FRAGMENT;
    next->part = id;
    next->at = offset;
}

/* --- Settings --- */

struct ps_settings {
    const struct ps_setting_given {
        struct ps_text name;
        struct ps_setting_value value;
    } *items;
    size_t count;
};

bool ps_text_is(struct ps_text text, const char *other) {
    return text.len == strlen(other) && memcmp(text.ptr, other, text.len) == 0;
}

/* The value of a setting, if it is of this type. */
static const struct ps_setting_value *setting(
    const struct ps_settings *settings, const char *name, enum ps_setting_type type) {
    static const struct ps_setting_value nothing;
    for (size_t i = 0; i < settings->count; i++) {
        if (ps_text_is(settings->items[i].name, name) && settings->items[i].value.type == type) {
            return &settings->items[i].value;
        }
    }
    return &nothing;
}

bool ps_setting_is_on(const struct ps_settings *settings, const char *name) {
    return setting(settings, name, PS_SETTING_IS_BOOL)->value.on;
}

uint64_t ps_setting_number(const struct ps_settings *settings, const char *name) {
    return setting(settings, name, PS_SETTING_IS_UINT)->value.number;
}

struct ps_text ps_setting_text(const struct ps_settings *settings, const char *name) {
    return setting(settings, name, PS_SETTING_IS_TEXT)->value.text;
}

/* --- Flows --- */

/* A flow, and behind it what is kept for it. */
struct ps_kept_ {
    uint64_t flow;
    struct ps_kept_ *next; /* in its chain, or of those that are free */
    struct ps_kept_ *newer, *older;
};

_Static_assert(sizeof(struct ps_kept_) % 8 == 0, "what is kept is aligned");

/* The numbers of flows are hashes already. */
static uint64_t mixed(uint64_t a, uint64_t b) {
    uint64_t hash = (a ^ b) * 0x9e3779b97f4a7c15;
    return hash ^ hash >> 32;
}

/* What points to a flow in its chain, or to the chain's end. */
static struct ps_kept_ **find(struct ps_flows *flows, uint64_t flow) {
    struct ps_kept_ **link = &flows->heads[mixed(flow, 0) & flows->mask];
    while (*link != NULL && (*link)->flow != flow) {
        link = &(*link)->next;
    }
    return link;
}

static void put_newest(struct ps_flows *flows, struct ps_kept_ *kept) {
    kept->newer = NULL;
    kept->older = flows->newest;
    *(flows->newest != NULL ? &flows->newest->newer : &flows->oldest) = kept;
    flows->newest = kept;
}

static void take_out(struct ps_flows *flows, struct ps_kept_ *kept) {
    *(kept->newer != NULL ? &kept->newer->older : &flows->newest) = kept->older;
    *(kept->older != NULL ? &kept->older->newer : &flows->oldest) = kept->newer;
}

void ps_flows_end(struct ps_flows *flows, uint64_t flow) {
    struct ps_kept_ **link = flows->heads != NULL ? find(flows, flow) : NULL;
    if (link == NULL || *link == NULL) {
        return;
    }
    struct ps_kept_ *kept = *link;
    *link = kept->next;
    take_out(flows, kept);
    kept->next = flows->free;
    flows->free = kept;
}

void *ps_flows_of(struct ps_flows *flows, uint64_t flow) {
    if (flows->heads == NULL) {
        size_t heads = 16;
        while (heads < flows->places) {
            heads *= 2;
        }
        flows->heads = ps_alloc(heads * sizeof *flows->heads);
        flows->mask = heads - 1;
        flows->nobody = ps_alloc(sizeof *flows->nobody + flows->size);
    }
    if (flow == 0) {
        return memset(flows->nobody + 1, 0, flows->size);
    }
    struct ps_kept_ *kept = *find(flows, flow);
    if (kept != NULL) {
        take_out(flows, kept);
        put_newest(flows, kept);
        return kept + 1;
    }
    if (flows->free == NULL && flows->oldest != NULL && flows->count >= flows->places) {
        ps_flows_end(flows, flows->oldest->flow);
    }
    kept = flows->free;
    if (kept != NULL) {
        flows->free = kept->next;
        memset(kept + 1, 0, flows->size);
    } else {
        flows->count++;
        kept = ps_alloc(sizeof *kept + flows->size);
    }
    kept->flow = flow;
    kept->next = NULL;
    *find(flows, flow) = kept;
    put_newest(flows, kept);
    return kept + 1;
}

void *ps_flows_of_part(struct ps_flows *flows, uint64_t flow, uint64_t part) {
    uint64_t number = mixed(flow, part + 1);
    return ps_flows_of(flows, flow == 0 ? 0 : number == 0 ? 1 : number);
}

/* --- What the host calls --- */

#define EXPORT(name) __attribute__((export_name("prosector:plugin/dissector@0.1.0#" name)))

struct description {
    struct ps_text name, version;
    const struct ps_protocol *protocols;
    size_t count;
};

/* A part is read as its number is, so it must be declared so. */
static void check_parts(const struct ps_protocol *protocol) {
    const struct ps_field *number = NULL;
    for (const struct ps_field *f = protocol->fields.items; f < protocol->fields.items + protocol->fields.count; f++) {
        if (!f->part) {
            number = f;
        } else if (number == NULL || f->width != number->width || f->little_endian != number->little_endian) {
            ps_panic("%s is a part, but not as wide or not in the byte order of what it is a part of", f->name.ptr);
        }
    }
}

EXPORT("describe") const struct description *ps_describe_(void) {
    static struct description description;
    struct ps_protocol *protocols = ps_alloc(ps_plugin.dissectors.count * sizeof *protocols);
    for (size_t i = 0; i < ps_plugin.dissectors.count; i++) {
        protocols[i] = ps_plugin.dissectors.items[i]->protocol;
        check_parts(&protocols[i]);
    }
    description = (struct description){ ps_plugin.name, ps_plugin.version, protocols, ps_plugin.dissectors.count };
    return &description;
}

static const struct ps_dissector *numbered(uint32_t dissector) {
    if (dissector >= ps_plugin.dissectors.count) {
        ps_panic("there is no dissector %u", dissector);
    }
    return ps_plugin.dissectors.items[dissector];
}

struct configured {
    uint8_t is_error;
    struct ps_text error;
};

EXPORT("configure") const struct configured *ps_configure_(
    uint32_t dissector, const struct ps_setting_given *items, size_t count) {
    static struct configured configured;
    const struct ps_settings settings = { items, count };
    const struct ps_dissector *called = numbered(dissector);
    const char *error = called->configure != NULL ? called->configure(&settings) : NULL;
    configured.is_error = error != NULL;
    if (error != NULL) {
        configured.error = (struct ps_text){ error, strlen(error) };
    }
    arena.len = 0;
    return &configured;
}

/* What remains to be said of a read that did not fit. In a stream, who runs off the end waits for more. */
static void finish_stop(struct ps_pdu *pdu) {
    bool waits = ps_is_stream(pdu) && pdu->end > pdu->wire_len;
    if (!pdu->stop.is_short || waits) {
        return;
    }
    if (ps_is_stream(pdu) && pdu->stop.claim == PS_NO_FIELD_ && !pdu->stop.is_cut) {
        uint64_t end = (uint64_t)pdu->stop.offset + pdu->stop.needed;
        end = end > pdu->end ? end : pdu->end + 1;
        pdu->end = least(clamped(end), REJECTED - 1);
        return;
    }
    /* A quotation ends where whoever quotes has had enough. */
    bool is_cut = pdu->stop.is_cut || (ps_is_quoted(pdu) && pdu->stop.claim == PS_NO_FIELD_);
    const char *code = is_cut ? "cut" : "short";
    put(&side, code, strlen(code));
    push_diagnostic(pdu, is_cut ? PS_NOTE : PS_ERROR, pdu->stop.field, pdu->stop.claim, pdu->stop.offset,
        pdu->stop.needed, pdu->stop.available, strlen(code), 0);
}

/* Ends what is open, and says how far the lists reach. */
static void finish(struct ps_pdu *pdu) {
    while (pdu->depth > 0) {
        if (pdu->scopes[pdu->depth - 1].is_limit) {
            pdu->depth--;
        } else {
            ps_group_end(pdu);
        }
    }
    finish_stop(pdu);
    finish_next(pdu);
    const uint64_t words[] = {
        (uint64_t)(ps_words_.len / sizeof(uint64_t)) << 32 | side.len,
        (uint64_t)(hand_ons.len / sizeof(uint64_t) / HAND_ON_WORDS) << 32 | pdu->end,
        (uint64_t)pdu->info_start << 32 | pdu->info_len,
    };
    put_words(&ends, words, 3);
}

enum entry { DISSECT, TRAILER, PROBE, FLOW_END };

static void call(const struct ps_dissector *called, enum entry entry, struct ps_pdu *pdu) {
    if (entry == DISSECT) {
        called->dissect(pdu);
    } else if (entry == TRAILER && called->trailer != NULL) {
        called->trailer(pdu);
    } else if (entry == FLOW_END && called->flow_end != NULL) {
        called->flow_end(pdu->flow);
    } else if (entry == PROBE) {
        pdu->end = called->probe != NULL ? called->probe(pdu) : PS_NOT_MINE;
        pdu->stop.is_short = false;
    }
}

struct answers {
    struct answer_list {
        const void *items;
        size_t count;
    } words, side, next, ends;
};

/* The PDU that begins with a slice. */
static void begin(struct ps_pdu *pdu, const struct ps_protocol *protocol, const uint8_t *bytes, const uint64_t *slice) {
    pdu->data = bytes + (slice[0] >> 32);
    pdu->len = least((uint32_t)slice[0], PS_MAX);
    pdu->wire_len = slice[1] >> 32;
    pdu->at = 0;
    pdu->readable = pdu->len;
    pdu->limit = pdu->end = least(pdu->wire_len, PS_MAX);
    pdu->claim = PS_NO_FIELD_;
    pdu->own_claim = (uint16_t)slice[1];
    pdu->flags = (uint16_t)(slice[1] >> 16);
    pdu->context = slice[2];
    pdu->flow = slice[3];
    pdu->number = slice[4];
    pdu->time = (int64_t)slice[5];
    if (!protocol->stateful) {
        /* Whether the host knows of flows depends on who else needs them. */
        pdu->flags &= (uint16_t)~PS_REVERSE_;
        pdu->flow = pdu->number = 0;
        pdu->time = 0;
    }
    pdu->is_stopped = pdu->stop.is_short = pdu->has_next = false;
    pdu->info_start = pdu->info_len = 0;
    pdu->side_start = side.len;
    pdu->depth = 0;
}

EXPORT("dissect") const struct answers *ps_dissect_(uint32_t dissector, enum entry entry, const uint8_t *bytes,
    size_t byte_count, const uint64_t *slices, size_t slice_words, const uint64_t *want, size_t want_words) {
    static struct answers answers;
    (void)byte_count;
    const struct ps_dissector *called = numbered(dissector);
    ps_words_.len = side.len = hand_ons.len = ends.len = 0;
    for (size_t i = 0; i + SLICE_WORDS <= slice_words; i += SLICE_WORDS) {
        const struct ps_buffer_ before = arena;
        struct ps_pdu pdu;
        begin(&pdu, &called->protocol, bytes, slices + i);
        /* A bit says whether the info line is wanted, then one word has those of 64 fields. */
        pdu.wants_info = want_words > 0 && want[0] != 0;
        pdu.want = want + 1;
        pdu.want_count = want_words > 0 ? want_words - 1 : 0;
        pdu.want_low = pdu.want_count > 0 ? pdu.want[0] : 0;
        call(called, entry, &pdu);
        finish(&pdu);
        /* Scratch memory ends here. If there is a new arena, it has nothing else. */
        arena.len = arena.start == before.start ? before.len : 0;
    }
    answers.words = (struct answer_list){ ps_words_.start, ps_words_.len / sizeof(uint64_t) };
    answers.side = (struct answer_list){ side.start, side.len };
    answers.next = (struct answer_list){ hand_ons.start, hand_ons.len / sizeof(uint64_t) };
    answers.ends = (struct answer_list){ ends.start, ends.len / sizeof(uint64_t) };
    arena.len = 0;
    return &answers;
}
