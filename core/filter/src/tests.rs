//! What compiles, what doesn't and why, and what is found in sample captures.

use crate::{Filter, lex, parse};
use expect_test::{Expect, expect};
use prosector_capture::Reader;
use prosector_engine::{Demand, Engine, Registry};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

fn registry() -> Arc<Registry> {
    prosector_builtin::link();
    let mut registry = Registry::new();
    registry.add_builtins().expect("the built-ins go together");
    Arc::new(registry)
}

fn tokens(text: &str, expected: Expect) {
    let lexed = match lex::lex(text) {
        Ok(tokens) => tokens.iter().map(|(token, _)| format!("{token:?}\n")).collect(),
        Err(wrong) => wrong.in_filter(text).to_string(),
    };
    expected.assert_eq(&lexed);
}

fn tree(text: &str, expected: Expect) {
    fn term(t: &parse::Term) -> String {
        match &t.what {
            parse::What::Word(word) => word.clone(),
            parse::What::Text(text) => format!("{:?}", String::from_utf8_lossy(text)),
            parse::What::Char(c) => format!("'{c}'"),
            parse::What::Slice(of, parts) => format!("{}{parts:?}", term(of)),
            parse::What::Layers(of, parts) => format!("{}#{parts:?}", term(of)),
            parse::What::Call(name, of) => format!("{name}({})", of.iter().map(term).collect::<Vec<_>>().join(", ")),
            parse::What::Sign(sign, a, b) => format!("({} {sign:?} {})", term(a), term(b)),
            parse::What::Minus(of) => format!("-{}", term(of)),
        }
    }
    fn show(node: &parse::Node) -> String {
        let all = |nodes: &[parse::Node]| nodes.iter().map(show).collect::<Vec<_>>().join(" ");
        match node {
            parse::Node::Or(nodes) => format!("(or {})", all(nodes)),
            parse::Node::Xor(nodes) => format!("(xor {})", all(nodes)),
            parse::Node::And(nodes) => format!("(and {})", all(nodes)),
            parse::Node::Not(node) => format!("(not {})", show(node)),
            parse::Node::Is(of) => term(of),
            parse::Node::Compare { quantifier, left, relation, right } => {
                format!("({quantifier:?} {} {relation:?} {})", term(left), term(right))
            }
            parse::Node::In { quantifier, left, items } => {
                let item = |(from, to): &(parse::Term, Option<parse::Term>)| match to {
                    Some(to) => format!("{}..{}", term(from), term(to)),
                    None => term(from),
                };
                format!("({quantifier:?} {} in {})", term(left), items.iter().map(item).collect::<Vec<_>>().join(" "))
            }
        }
    }
    let shown = match parse::parse(text) {
        Ok(node) => node.as_ref().map(show).unwrap_or_default(),
        Err(wrong) => wrong.in_filter(text).to_string(),
    };
    expected.assert_eq(&shown);
}

#[test]
fn tokens_of_every_kind() {
    tokens(
        r#"tcp.port in{80..90}&&eth.src[0:3]==00:11:22 ||!ip.src#2~"\x41\"\u00e4"r"\d" 'a' -1 a - 1"#,
        expect![[r##"
            Word("tcp.port")
            In
            Paren('{')
            Word("80")
            To
            Word("90")
            Paren('}')
            And
            Word("eth.src")
            Slice("0:3")
            Relation(Eq, Any)
            Word("00:11:22")
            Or
            Not
            Word("ip.src")
            Layers("2")
            Relation(Matches, Any)
            Text([65, 34, 195, 164])
            Text([92, 100])
            Char(97)
            Sign(Minus)
            Word("1")
            Word("a")
            Sign(Minus)
            Word("1")
            End
        "##]],
    );
    tokens(
        "ip.src == 192.0.2.0/24 xor ipv6.src!==2001:db8::/32",
        expect![[r##"
            Word("ip.src")
            Relation(Eq, Any)
            Word("192.0.2.0/24")
            Xor
            Word("ipv6.src")
            Relation(Ne, Any)
            Word("2001:db8::/32")
            End
        "##]],
    );
}

#[test]
fn precedence() {
    tree("a or b and c xor d", expect![[r#"(or a (xor (and b c) d))"#]]);
    tree("not a == 1 && !(b || c)", expect![[r#"(and (not (Any a Eq 1)) (not (or b c)))"#]]);
    tree("a & 3 == 1 + 2 * -3", expect![[r#"(Any (a And 3) Eq (1 Plus (2 Times -3)))"#]]);
    tree("(a & 3) != 0 and {b + 1} > 2", expect![[r#"(and (All (a And 3) Ne 0) (Any (b Plus 1) Gt 2))"#]]);
    tree("a < b <= c", expect![[r#"(and (Any a Lt b) (Any b Le c))"#]]);
    tree(
        "any a === 1 or all b !== 2 or c not in {1, 2..3}",
        expect![[r#"(or (Any a Eq 1) (All b Ne 2) (not (Any c in 1 2..3)))"#]],
    );
    tree(
        "max(a, 2)[1-2,:4,-2:] ~ r\"x\" and b#[1-2,-1] and c#2",
        expect![[
            r#"(and (Any max(a, 2)[Part { from: 1, to: Last(2) }, Part { from: 0, to: Count(4) }, Part { from: -2, to: End }] Matches "x") b#[Part { from: 0, to: Last(1) }, Part { from: -1, to: Count(1) }] c#[Part { from: 1, to: Count(1) }])"#
        ]],
    );
    tree("", expect![[r#""#]]);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let registry = registry();
    let mut all = String::new();
    for text in [
        "tcp.prot == 80",
        "80 == tcp.port",
        "tcp.port == http",
        "tcp.port == 99999",
        "tcp.port == -1",
        "tcp.port == \"http\"",
        "tcp.port == tcp.srcprt",
        "ip.src == 192.0.2",
        "ip.src == 192.0.2.0/33",
        "ip.src == \"192.0.2.1\"",
        "ip.src == eth.src",
        "eth.src == 00:11:22",
        "arp.opcode == requst",
        "frame.time > yesterday",
        "frame.time_delta > 1e3",
        "tcp.port contains \"80\"",
        "dns.qry.name matches www",
        "dns.qry.name matches \"(\"",
        "dns.qry.name == \"www",
        "dns.qry.name == \"\\q\"",
        "ip.ttl[0] == 40",
        "eth.src[1:x] == 00",
        "ip.src#0",
        "tcp.port 80",
        "tcp.port ==",
        "tcp.port = 80",
        "tcp | udp",
        "(tcp",
        "tcp)",
        "tcp.port in 80",
        "tcp.port in {80 443}",
        "count(tcp)",
        "frob(tcp)",
        "upper(tcp.port) == \"A\"",
        "len(tcp, udp) == 1",
        "any tcp",
        "ip.src + 1 == 2",
        "größe == 1",
        "'ab' == 1",
    ] {
        let error = Filter::compile(text, &registry).err().map(|e| e.to_string());
        writeln!(all, "{}", error.unwrap_or_else(|| panic!("{text} compiles"))).expect("a text");
    }
    expect![[r#"
        there is no field or protocol tcp.prot; did you mean tcp.port, tcp.dstport or tcp.srcport?
          tcp.prot == 80
          ^~~~~~~~
        a field must stand on the left, the value on the right
          80 == tcp.port
          ^~
        this is a protocol and can't be compared with an unsigned number
          tcp.port == http
                      ^~~~
        99999 does not fit: the field goes from 0 to 65535
          tcp.port == 99999
                      ^~~~~
        -1 does not fit: the field goes from 0 to 65535
          tcp.port == -1
                      ^~
        an unsigned number is not compared with a quoted text; write the value without quotes
          tcp.port == "http"
                      ^~~~~~
        "tcp.srcprt" is not an unsigned number, as in 10, 0x0a, 012, 0b1010 or 'a'; unknown field tcp.srcprt; did you mean tcp.srcport, tcp.port or tcp.dstport?
          tcp.port == tcp.srcprt
                      ^~~~~~~~~~
        "192.0.2" is not an IPv4 address, as in 192.0.2.1 or 192.0.2.0/24
          ip.src == 192.0.2
                    ^~~~~~~
        a prefix has 0 to 32 bits, not 33
          ip.src == 192.0.2.0/33
                    ^~~~~~~~~~~~
        an IPv4 address is not compared with a quoted text; write the value without quotes
          ip.src == "192.0.2.1"
                    ^~~~~~~~~~~
        this is a MAC address and can't be compared with an IPv4 address
          ip.src == eth.src
                    ^~~~~~~
        "00:11:22" is not a MAC address, as in 00:11:22:33:44:55, 00-11-22-33-44-55 or 0011.2233.4455
          eth.src == 00:11:22
                     ^~~~~~~~
        "requst" is neither a number nor the name of a value of arp.opcode; did you mean request?
          arp.opcode == requst
                        ^~~~~~
        "yesterday" is not a point in time, as in "2023-11-14 22:13:20.5" or 1700000000.5
          frame.time > yesterday
                       ^~~~~~~~~
        "1e3" is not a time span, in seconds, as in 1.5
          frame.time_delta > 1e3
                             ^~~
        contains takes texts and bytes, and this is an unsigned number; string(…) makes it a text
          tcp.port contains "80"
          ^~~~~~~~
        matches takes a regular expression in double quotes
          dns.qry.name matches www
                               ^~~
        no regular expression: unclosed group
          dns.qry.name matches "("
                               ^~~
        the closing quote of this text is missing
          dns.qry.name == "www
                          ^~~~
        no such escape; a backslash is \\, or write a raw text: r"…"
          dns.qry.name == "\q"
                           ^~
        this is an unsigned number; only bytes, texts, addresses and protocols have slices
          ip.ttl[0] == 40
          ^~~~~~
        a slice is [from:count], [from-last], [:count], [from:] or [place]
          eth.src[1:x] == 00
                 ^~~~~
        layers are #1, #-1 (the last), #1-2 or #[2:]; the first is 1
          ip.src#0
                ^~
        an operator is missing before this: ==, contains, in, && …
          tcp.port 80
                   ^~
        the filter ends too early: a field, a protocol or a value must stand here
          tcp.port ==
                     ^
        '=' means nothing here; equality is ==
          tcp.port = 80
                   ^
        '|' means nothing here; or is ||
          tcp | udp
              ^
        the filter ends too early: the ) is missing here, or && or ||
          (tcp
              ^
        no ( goes with this )
          tcp)
             ^
        in goes with a set: {1, 2, 80..90}
          tcp.port in 80
                      ^~
        a comma or the } of the set must stand here
          tcp.port in {80 443}
                          ^~~
        a function has a value always; compare it with something
          count(tcp)
          ^~~~~~~~~~
        there is no function frob
          frob(tcp)
          ^~~~
        this function takes texts, and this is an unsigned number
          upper(tcp.port) == "A"
                ^~~~~~~~
        this function takes one field
          len(tcp, udp) == 1
          ^~~~~~~~~~~~~
        the filter ends too early: any and all go with a comparison
          any tcp
                 ^
        "1" is not an IPv4 address, as in 192.0.2.1 or 192.0.2.0/24
          ip.src + 1 == 2
                   ^
        there is no field or protocol größe
          größe == 1
          ^~~~~
        single quotes hold one character of one byte, as 'A' or '\n'; texts stand in double quotes
          'ab' == 1
          ^~~
    "#]].assert_eq(&all);
    let error = Filter::compile("ip && ipp", &registry).err().expect("an error");
    assert!(error.message.contains("did you mean ip"), "{error}");
}

#[test]
fn nested_too_deeply() {
    let registry = registry();
    for text in ["(".repeat(100_000), "!".repeat(100_000), "{".repeat(100_000), "-".repeat(100_000)] {
        let error = Filter::compile(&(text + "tcp"), &registry).err().expect("an error");
        assert!(error.message.contains("nested too deeply"), "{}", error.message);
    }
    let long = vec!["tcp"; 100_000].join(" or ");
    assert!(Filter::compile(&long, &registry).is_ok());
    let chained = vec!["ip.ttl"; 10_000].join(" < ");
    assert!(Filter::compile(&chained, &registry).is_err());
}

/// The numbers of the frames that match.
fn found(registry: &Arc<Registry>, capture: &str, text: &str) -> String {
    let filter = Filter::compile(text, registry).unwrap_or_else(|e| panic!("{e}"));
    let mut demand = Demand::nothing(registry);
    filter.demand(&mut demand);
    let mut engine = Engine::new(registry.clone(), demand).expect("an engine");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/captures").join(capture);
    let mut reader = Reader::open(&path).expect("a capture");
    let mut numbers = Vec::new();
    while let Ok(batch) = reader.next_batch(4) {
        if batch.frames.is_empty() {
            break;
        }
        engine.dissect(&batch);
        for (i, frame) in batch.frames.iter().enumerate() {
            if filter.matches(registry, &batch, engine.dissection(), i) {
                numbers.push(frame.number.to_string());
            }
        }
    }
    numbers.join(" ")
}

/// What tshark 4.0 has no answer to, or another one; tests/filters.tsv has the rest.
#[test]
fn beyond_tshark() {
    let registry = registry();
    let mut all = String::new();
    for (capture, text) in [
        ("office.pcap", ""),
        ("office.pcap", "tcp xor udp"),
        ("office.pcap", "tcp ^^ ip"),
        ("office.pcap", "tcp.flags.syn == true"),
        ("office.pcap", "ip.flags.df == false"),
        ("office.pcap", "ip.src#1-2 == 192.0.2.2"),
        ("office.pcap", "ip.src#-1 == 192.0.2.1"),
        ("office.pcap", "all tcp.port in {80, 40001}"),
        ("office.pcap", "udp[8:2] == 12:34"),
        ("office.pcap", "len(udp) > 60"),
        ("office.pcap", "(tcp.flags & 2) == 2"),
        ("office.pcap", "frame.time > 1700000000.01"),
        ("office.pcap", "frame.time + 1 > 1700000001.01"),
        ("office.pcap", "frame.time_relative - 0.01 > 0"),
        ("office.pcap", "upper(string(ip.src)) contains \"192\""),
        ("office.pcap", "tcp.srcport / 0 == 1"),
        ("office.pcap", "ip.ttl < ip.len < 60"),
        ("broken.pcap", "_ws.expert"),
        ("broken.pcap", "_ws.expert.severity == error"),
        ("broken.pcap", "_ws.expert.severity >= 0x600000"),
        ("broken.pcap", "_ws.expert.code == \"short\""),
        ("broken.pcap", "_ws.expert.code in {\"cut\", bad-length}"),
        ("broken.pcap", "_ws.expert.protocol == ip"),
        ("broken.pcap", "_ws.expert.message contains \"bytes\""),
        ("broken.pcap", "count(_ws.expert) > 1"),
    ] {
        let line = format!("{capture} {text:40} {}", found(&registry, capture, text));
        writeln!(all, "{}", line.trim_end()).expect("a text");
    }
    expect![[r##"
        office.pcap                                          1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
        office.pcap tcp xor udp                              3 4 5 6 7 8 9 12
        office.pcap tcp ^^ ip                                3 4 10 11 12 15
        office.pcap tcp.flags.syn == true                    5 6
        office.pcap ip.flags.df == false
        office.pcap ip.src#1-2 == 192.0.2.2                  4 6 9 11 12
        office.pcap ip.src#-1 == 192.0.2.1                   3 5 7 8 10 12 15
        office.pcap all tcp.port in {80, 40001}              5 6 7 8 9
        office.pcap udp[8:2] == 12:34                        3 4
        office.pcap len(udp) > 60                            4
        office.pcap (tcp.flags & 2) == 2                     5 6
        office.pcap frame.time > 1700000000.01               10 11 12 13 14 15
        office.pcap frame.time + 1 > 1700000001.01           10 11 12 13 14 15
        office.pcap frame.time_relative - 0.01 > 0           10 11 12 13 14 15
        office.pcap upper(string(ip.src)) contains "192"     3 4 5 6 7 8 9 10 11 12 15
        office.pcap tcp.srcport / 0 == 1
        office.pcap ip.ttl < ip.len < 60                     15
        broken.pcap _ws.expert                               1 2 4 5 6 7 8 9 11 12
        broken.pcap _ws.expert.severity == error             5 6 7 8 9 11 12
        broken.pcap _ws.expert.severity >= 0x600000          4 5 6 7 8 9 11 12
        broken.pcap _ws.expert.code == "short"               6 9 11 12
        broken.pcap _ws.expert.code in {"cut", bad-length}   1 2 4 5 7
        broken.pcap _ws.expert.protocol == ip                1 4 5
        broken.pcap _ws.expert.message contains "bytes"      1 2 4 5 6 7 9 11 12
        broken.pcap count(_ws.expert) > 1
    "##]]
    .assert_eq(&all);
}
