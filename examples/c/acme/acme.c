/* ACME telemetry: one header, then `n` readings, big-endian, directly on Ethernet. */
#include "prosector.h"

static const struct ps_value_name TYPES[] = {
    PS_NAME(1, "hello"),
    PS_NAME(2, "data"),
    PS_NAME(3, "alarm"),
    PS_NAME(4, "bye"),
};

#define FIELDS(FIELD) \
    FIELD(VERSION,   "acme.version",   "Version",         PS_U8) \
    FIELD(TYPE,      "acme.type",      "Type",            PS_U8, PS_NAMES(TYPES)) \
    FIELD(FLAGS,     "acme.flags",     "Flags",           PS_U16, PS_HEX) \
    FIELD(SEQ,       "acme.seq",       "Sequence number", PS_U32) \
    FIELD(TS,        "acme.ts",        "Sent",            PS_U64, PS_UNIT("ns")) \
    FIELD(N,         "acme.n",         "Readings",        PS_U16) \
    FIELD(TLV,       "acme.tlv",       "Reading",         PS_GROUP) \
    FIELD(TLV_ID,    "acme.tlv.id",    "Id",              PS_U16) \
    FIELD(TLV_VALUE, "acme.tlv.value", "Value",           PS_U32) \
    FIELD(SUM,       "acme.sum",       "Sum of values",   PS_U64, PS_COMPUTED)
PS_FIELDS(FIELDS);

static void dissect(struct ps_pdu *pdu) {
    ps_take(pdu, VERSION);
    uint8_t type = ps_take(pdu, TYPE);
    ps_take(pdu, FLAGS);
    uint32_t seq = ps_take(pdu, SEQ);
    ps_take(pdu, TS);
    uint16_t n = ps_take(pdu, N);
    ps_info(pdu, "%s seq %u, %u readings", ps_name(TYPE, type), seq, n);
    uint64_t sum = 0;
    size_t start = ps_position(pdu);
    for (unsigned i = 0; i < n && ps_ok(pdu); i++) {
        ps_group(pdu, TLV);
        ps_take(pdu, TLV_ID);
        sum += ps_take(pdu, TLV_VALUE);
        ps_group_end(pdu);
    }
    ps_computed(pdu, SUM, start, ps_position(pdu), sum);
    ps_set_len(pdu, N, ps_position(pdu));
}

static const struct ps_dissector acme = {
    .protocol = {
        .name = PS_TEXT("acme"),
        .short_title = PS_TEXT("ACME"),
        .title = PS_TEXT("ACME telemetry"),
        .description = PS_TEXT("ACME telemetry: a fixed header and `n` readings; the example protocol of prosector."),
        .fields = PS_FIELD_LIST,
        .claims = PS_CLAIMS(PS_CLAIM("ethertype", 0x88b5)),
    },
    .dissect = dissect,
};

PS_PLUGIN("acme", "0.1.0", &acme);
