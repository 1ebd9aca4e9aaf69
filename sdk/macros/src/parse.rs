//! The grammar of `protocol!`.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, Ident, LitInt, LitStr, Result, Token, Type, braced, bracketed, parenthesized, token};

pub struct Protocol {
    pub dissector: Type,
    pub name: String,
    pub short: String,
    pub title: String,
    pub description: String,
    pub fields: Vec<Field>,
    pub claims: Vec<(String, Expr)>,
    pub ranges: Vec<(String, Expr, Expr)>,
    pub tables: Vec<(Ident, String)>,
    /// Names of tables that get parts of streams.
    pub streams: Vec<String>,
    /// Names of tables that stand in `frame.protocols`.
    pub named: Vec<String>,
    /// Names of tables to whose dissectors flows may be bound.
    pub bound: Vec<String>,
    pub heuristics: Vec<String>,
    pub settings: Vec<Setting>,
    pub stateful: bool,
}

pub struct Field {
    pub constant: Ident,
    /// Without the protocol's name.
    pub name: String,
    pub title: String,
    pub description: String,
    pub kind: Kind,
    pub width: u8,
    pub little_endian: bool,
    pub mask: u64,
    pub scale: u32,
    /// Divisor and offset of a number that stands for a float.
    pub fixed: Option<Fixed>,
    pub base: &'static str,
    pub unit: String,
    pub names: Names,
    pub computed: bool,
    pub hidden: bool,
    pub trailer: bool,
    pub linked: bool,
    pub part: bool,
    /// Whether the name is whole, not below the protocol's.
    pub absolute: bool,
    pub parts: u16,
    pub role: &'static str,
}

/// See `declare::FixedPoint`.
#[derive(Clone, Copy)]
pub struct Fixed {
    pub signed: bool,
    pub divisor: u32,
    pub offset: i32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    None,
    Group,
    Uint,
    Int,
    Bool,
    Float,
    Bytes,
    Str,
    Mac,
    Eui64,
    Ipv4,
    Ipv6,
    Uuid,
    TimeS,
    TimeNs,
    TimeNtp,
    Duration,
}

pub enum Names {
    None,
    Constant(Expr),
    List(Vec<(Expr, Expr, String)>),
}

pub struct Setting {
    pub name: String,
    pub description: String,
    pub variant: &'static str,
    pub default: Expr,
    pub choices: Vec<String>,
    pub range: (u64, u64),
}

impl Parse for Protocol {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut protocol = Protocol::head(input)?;
        let body;
        braced!(body in input);
        while !body.is_empty() {
            field(&body, &mut protocol.fields)?;
            if !body.is_empty() {
                body.parse::<Token![,]>()?;
            }
        }
        while !input.is_empty() {
            protocol.section(input)?;
        }
        Ok(protocol)
    }
}

impl Protocol {
    /// `/// Description` and `Type = name "Short", "Title"`.
    pub fn head(input: ParseStream) -> Result<Protocol> {
        let description = doc(input)?;
        let dissector = input.parse()?;
        input.parse::<Token![=]>()?;
        // A name with a hyphen is written in quotes.
        let name =
            if input.peek(LitStr) { input.parse::<LitStr>()?.value() } else { Ident::parse_any(input)?.to_string() };
        let first: LitStr = input.parse()?;
        let (short, title) = if input.parse::<Option<Token![,]>>()?.is_some() {
            (first.value(), input.parse::<LitStr>()?.value())
        } else {
            (name.to_uppercase(), first.value())
        };
        Ok(Protocol {
            dissector,
            name,
            short,
            title,
            description,
            fields: vec![],
            claims: vec![],
            ranges: vec![],
            tables: vec![],
            streams: vec![],
            named: vec![],
            bound: vec![],
            heuristics: vec![],
            settings: vec![],
            stateful: false,
        })
    }

    /// What stands behind the fields: `claims { … }`, `stateful`, …
    pub fn section(&mut self, input: ParseStream) -> Result<()> {
        let section = Ident::parse_any(input)?;
        if section == "stateful" {
            self.stateful = true;
            return Ok(());
        }
        if !["claims", "tables", "heuristics", "settings"].iter().any(|known| section == known) {
            let text = "expected `claims`, `tables`, `heuristics`, `settings` or `stateful`";
            return Err(Error::new(section.span(), text));
        }
        let body;
        braced!(body in input);
        while !body.is_empty() {
            match section.to_string().as_str() {
                "claims" => claim(&body, &mut self.claims, &mut self.ranges)?,
                "tables" => self.table(&body)?,
                "heuristics" => self.heuristics.push(path(&body)?.0),
                _ => self.settings.push(setting(&body)?),
            }
            if !body.is_empty() {
                body.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }

    /// `NAME: "udp.port" stream named bound`.
    fn table(&mut self, input: ParseStream) -> Result<()> {
        let constant = input.parse()?;
        input.parse::<Token![:]>()?;
        let table = input.parse::<LitStr>()?.value();
        while input.peek(Ident) {
            let word: Ident = input.parse()?;
            match word.to_string().as_str() {
                "stream" => self.streams.push(table.clone()),
                "named" => self.named.push(table.clone()),
                "bound" => self.bound.push(table.clone()),
                _ => return Err(Error::new(word.span(), "expected `stream`, `named` or `bound`")),
            }
        }
        self.tables.push((constant, table));
        Ok(())
    }
}

fn doc(input: ParseStream) -> Result<String> {
    let mut lines = Vec::new();
    for attribute in input.call(syn::Attribute::parse_outer)? {
        if attribute.path().is_ident("doc")
            && let syn::Meta::NameValue(value) = &attribute.meta
            && let Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &value.value
        {
            lines.push(text.value().trim().to_owned());
        }
    }
    Ok(lines.join(" "))
}

/// `a.b.c` or `"a.b.c"`, with an optional `as CONSTANT`.
fn path(input: ParseStream) -> Result<(String, Ident)> {
    let (name, span) = if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        (text.value(), text.span())
    } else {
        let first = Ident::parse_any(input)?;
        let mut name = first.to_string();
        while input.parse::<Option<Token![.]>>()?.is_some() {
            name = format!("{name}.{}", Ident::parse_any(input)?);
        }
        (name, first.span())
    };
    if input.parse::<Option<Token![as]>>()?.is_some() {
        return Ok((name, input.parse()?));
    }
    let constant = name.replace(['.', '-'], "_").to_uppercase();
    if constant.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Error::new(span, "a name that begins with a digit needs `as CONSTANT`"));
    }
    Ok((name, Ident::new(&constant, span)))
}

fn number(input: ParseStream) -> Result<u64> {
    input.parse::<LitInt>()?.base10_parse()
}

/// `name: type "Title" …`, with its parts.
pub fn field(input: ParseStream, fields: &mut Vec<Field>) -> Result<()> {
    let description = doc(input)?;
    let absolute = input.parse::<Option<Token![.]>>()?.is_some();
    let (name, constant) = path(input)?;
    input.parse::<Token![:]>()?;
    let mut word = Ident::parse_any(input)?;
    let computed = word == "computed";
    if computed {
        word = Ident::parse_any(input)?;
    }
    let (kind, width, scale) = kind(input, &word)?;
    let mut f = Field {
        constant,
        name,
        title: String::new(),
        description,
        kind,
        width,
        little_endian: false,
        mask: 0,
        scale,
        fixed: None,
        base: "Dec",
        unit: String::new(),
        names: Names::None,
        computed,
        hidden: false,
        trailer: false,
        linked: false,
        part: false,
        absolute,
        parts: 0,
        role: "None",
    };
    while !input.peek(LitStr) {
        if input.parse::<Option<Token![&]>>()?.is_some() {
            f.mask = number(input)?;
        } else if input.parse::<Option<Token![*]>>()?.is_some() {
            f.scale = number(input)? as u32;
        } else if input.peek(Token![/]) || input.peek(Token![+]) || input.peek(Token![-]) {
            fixed_point(input, &mut f)?;
        } else {
            let word = Ident::parse_any(input)?;
            match word.to_string().as_str() {
                "le" => f.little_endian = true,
                "hex" => f.base = "Hex",
                "oct" => f.base = "Oct",
                _ => {
                    return Err(Error::new(
                        word.span(),
                        "expected `le`, `hex`, `oct`, `& MASK`, `* FACTOR`, `/ DIVISOR`, `+ OFFSET`, `- OFFSET` or the title",
                    ));
                }
            }
        }
    }
    let ordered = matches!(
        f.kind,
        Kind::Uint
            | Kind::Int
            | Kind::Bool
            | Kind::Float
            | Kind::Uuid
            | Kind::TimeS
            | Kind::TimeNs
            | Kind::TimeNtp
            | Kind::Duration
    );
    if f.little_endian && (f.computed || !ordered) {
        return Err(Error::new(f.constant.span(), "`le` goes with numbers, times and UUIDs that are in the bytes"));
    }
    f.title = input.parse::<LitStr>()?.value();
    while input.peek(Ident::peek_any) {
        let word = Ident::parse_any(input)?;
        match word.to_string().as_str() {
            "unit" => f.unit = input.parse::<LitStr>()?.value(),
            "hidden" => f.hidden = true,
            "trailer" => f.trailer = true,
            "linked" => f.linked = true,
            "source" => f.role = "Source",
            "destination" => f.role = "Destination",
            _ => {
                return Err(Error::new(
                    word.span(),
                    "expected `unit`, `hidden`, `trailer`, `linked`, `source` or `destination`",
                ));
            }
        }
    }
    f.names = names(input)?;
    if fields.iter().any(|g| g.constant == f.constant) {
        return Err(Error::new(f.constant.span(), "two fields have this name; say `as OTHER` behind one of them"));
    }
    let at = fields.len();
    let (prefix, width, little_endian) = (f.name.clone(), f.width, f.little_endian);
    fields.push(f);
    if input.peek(token::Brace) {
        let body;
        braced!(body in input);
        while !body.is_empty() {
            let part = Field { absolute, ..part(&body, &prefix, width, little_endian)? };
            if fields.iter().any(|g| g.constant == part.constant) {
                return Err(Error::new(
                    part.constant.span(),
                    "two fields have this name; say `as OTHER` behind one of them",
                ));
            }
            fields.push(part);
            if !body.is_empty() {
                body.parse::<Token![,]>()?;
            }
        }
        fields[at].parts = (fields.len() - at - 1) as u16;
    }
    Ok(())
}

/// `/ 10`, `+ 40` or `- 40`: the number stands for a float.
fn fixed_point(input: ParseStream, f: &mut Field) -> Result<()> {
    let mut fixed = match (f.kind, f.fixed) {
        (_, Some(fixed)) => fixed,
        (Kind::Uint | Kind::Int, None) => Fixed { signed: f.kind == Kind::Int, divisor: 1, offset: 0 },
        _ => return Err(input.error("only whole numbers are divided or shifted")),
    };
    let sign = input.parse::<Option<Token![/]>>()?.map_or_else(
        || {
            Ok::<_, Error>(if input.parse::<Option<Token![-]>>()?.is_some() {
                -1
            } else {
                input.parse::<Token![+]>().map(|_| 1)?
            })
        },
        |_| Ok(0),
    )?;
    let literal: LitInt = input.parse()?;
    match sign {
        0 => fixed.divisor = literal.base10_parse()?,
        _ => fixed.offset = sign * literal.base10_parse::<i32>()?,
    }
    if fixed.divisor == 0 {
        return Err(Error::new(literal.span(), "nothing is divided by 0"));
    }
    (f.kind, f.fixed) = (Kind::Float, Some(fixed));
    Ok(())
}

/// `name: [bool|uint] [hex] MASK "Title" [= names]`: some bits of the number before it.
fn part(input: ParseStream, prefix: &str, width: u8, little_endian: bool) -> Result<Field> {
    let description = doc(input)?;
    let beside = input.parse::<Option<Token![.]>>()?.is_some();
    let (mut name, mut constant) = path(input)?;
    // `.name` stands beside the number (`ip.version`), `name` below it (`tcp.flags.syn`).
    if !beside {
        let own = constant.to_string();
        if own == name.replace(['.', '-'], "_").to_uppercase() {
            let whole = format!("{}_{own}", prefix.replace(['.', '-'], "_").to_uppercase());
            constant = Ident::new(&whole, constant.span());
        }
        name = format!("{prefix}.{name}");
    }
    input.parse::<Token![:]>()?;
    let (mut kind, mut base) = (None, "Dec");
    while input.peek(Ident::peek_any) {
        let word = Ident::parse_any(input)?;
        match word.to_string().as_str() {
            "bool" => kind = Some(Kind::Bool),
            "uint" => kind = Some(Kind::Uint),
            "hex" => base = "Hex",
            "oct" => base = "Oct",
            _ => return Err(Error::new(word.span(), "expected `bool`, `uint`, `hex`, `oct` or a mask")),
        }
    }
    let mask = number(input)?;
    let scale = if input.parse::<Option<Token![*]>>()?.is_some() { number(input)? as u32 } else { 1 };
    let title = input.parse::<LitStr>()?.value();
    let unit = if input.peek(Ident) {
        input.parse::<Ident>()?;
        input.parse::<LitStr>()?.value()
    } else {
        String::new()
    };
    Ok(Field {
        constant,
        name,
        title,
        description,
        kind: kind.unwrap_or(if mask.count_ones() == 1 { Kind::Bool } else { Kind::Uint }),
        width,
        little_endian,
        mask,
        scale,
        fixed: None,
        base,
        unit,
        names: names(input)?,
        computed: false,
        hidden: false,
        trailer: false,
        linked: false,
        part: true,
        absolute: false,
        parts: 0,
        role: "None",
    })
}

/// Kind, width in bytes, scale.
fn kind(input: ParseStream, word: &Ident) -> Result<(Kind, u8, u32)> {
    let text = word.to_string();
    // `bool(u16)`, `time_s(u64)`: kept in a number of that width.
    let inner = |default: u8| -> Result<u8> {
        if !input.peek(token::Paren) {
            return Ok(default);
        }
        let body;
        parenthesized!(body in input);
        let word: Ident = body.parse()?;
        bits(&word.to_string(), 'u').ok_or_else(|| Error::new(word.span(), "expected u8, u16, … u64"))
    };
    // `bytes[12]`: that many.
    let fixed = || -> Result<u8> {
        if !input.peek(token::Bracket) {
            return Ok(0);
        }
        let body;
        bracketed!(body in input);
        Ok(number(&body)? as u8)
    };
    let (kind, width) = match text.as_str() {
        "none" => (Kind::None, 0),
        "group" => (Kind::Group, 0),
        "bool" => (Kind::Bool, inner(1)?),
        "f32" => (Kind::Float, 4),
        "f64" => (Kind::Float, 8),
        "bytes" => (Kind::Bytes, fixed()?),
        "str" => (Kind::Str, fixed()?),
        "mac" => (Kind::Mac, 6),
        "eui64" => (Kind::Eui64, 8),
        "ipv4" => (Kind::Ipv4, 4),
        "ipv6" => (Kind::Ipv6, 16),
        "uuid" => (Kind::Uuid, 16),
        "time_s" => (Kind::TimeS, inner(4)?),
        "time_ms" | "time_us" | "time_ns" => (Kind::TimeNs, inner(8)?),
        "time_ntp" => (Kind::TimeNtp, 8),
        "duration" => (Kind::Duration, inner(8)?),
        _ => match (bits(&text, 'u'), bits(&text, 'i')) {
            (Some(width), _) => (Kind::Uint, width),
            (_, Some(width)) => (Kind::Int, width),
            _ => {
                return Err(Error::new(
                    word.span(),
                    "expected a type: u8 … u64, i8 … i64, bool, f32, f64, bytes, str, mac, eui64, ipv4, ipv6, uuid, \
                     time_s, time_ms, time_us, time_ns, time_ntp, duration, group, none",
                ));
            }
        },
    };
    let scale = match text.as_str() {
        "time_ms" => 1_000_000,
        "time_us" => 1_000,
        _ => 1,
    };
    Ok((kind, width, scale))
}

/// Whether a word is a type of fields.
pub fn is_type(word: &str) -> bool {
    const OTHERS: [&str; 17] = [
        "none", "group", "bool", "f32", "f64", "bytes", "str", "mac", "eui64", "ipv4", "ipv6", "uuid", "time_s",
        "time_ms", "time_us", "time_ns", "time_ntp",
    ];
    word == "duration" || OTHERS.contains(&word) || bits(word, 'u').or(bits(word, 'i')).is_some()
}

/// `u24` → 3 bytes.
fn bits(text: &str, prefix: char) -> Option<u8> {
    let bits: u8 = text.strip_prefix(prefix)?.parse().ok()?;
    (bits.is_multiple_of(8) && (8..=64).contains(&bits)).then_some(bits / 8)
}

fn names(input: ParseStream) -> Result<Names> {
    if input.parse::<Option<Token![=]>>()?.is_none() {
        return Ok(Names::None);
    }
    if !input.peek(token::Brace) {
        // A brace behind the constant begins the parts.
        return Ok(Names::Constant(input.call(Expr::parse_without_eager_brace)?));
    }
    let body;
    braced!(body in input);
    let mut list = Vec::new();
    while !body.is_empty() {
        let from = Expr::Lit(body.parse()?);
        let to = if body.parse::<Option<Token![..=]>>()?.is_some() { Expr::Lit(body.parse()?) } else { from.clone() };
        list.push((from, to, body.parse::<LitStr>()?.value()));
        if !body.is_empty() {
            body.parse::<Token![,]>()?;
        }
    }
    Ok(Names::List(list))
}

/// `udp.port = 53` or `udp.port = [53, 5353]` or `udp.port = 6000..=6063`.
fn claim(input: ParseStream, claims: &mut Vec<(String, Expr)>, ranges: &mut Vec<(String, Expr, Expr)>) -> Result<()> {
    let (table, _) = path(input)?;
    input.parse::<Token![=]>()?;
    let keys: Vec<Expr> = if input.peek(token::Bracket) {
        let body;
        bracketed!(body in input);
        Punctuated::<Expr, Token![,]>::parse_terminated(&body)?.into_iter().collect()
    } else {
        vec![input.parse()?]
    };
    for key in keys {
        match key {
            Expr::Range(syn::ExprRange {
                start: Some(start),
                end: Some(end),
                limits: syn::RangeLimits::Closed(_),
                ..
            }) => {
                ranges.push((table.clone(), *start, *end));
            }
            key => claims.push((table.clone(), key)),
        }
    }
    Ok(())
}

fn setting(input: ParseStream) -> Result<Setting> {
    let name = Ident::parse_any(input)?.to_string();
    input.parse::<Token![:]>()?;
    let kind = Ident::parse_any(input)?;
    let variant = match kind.to_string().as_str() {
        "bool" => "Bool",
        "uint" => "Uint",
        "text" => "Text",
        _ => return Err(Error::new(kind.span(), "expected `bool`, `uint` or `text`")),
    };
    input.parse::<Token![=]>()?;
    let default = Expr::Lit(input.parse()?);
    let (mut choices, mut range) = (Vec::new(), (0, u64::MAX));
    if input.parse::<Option<Token![in]>>()?.is_some() {
        match variant {
            "Uint" => {
                let from = number(input)?;
                input.parse::<Token![..=]>()?;
                range = (from, number(input)?);
            }
            "Text" => {
                let body;
                bracketed!(body in input);
                let texts = Punctuated::<LitStr, Token![,]>::parse_terminated(&body)?;
                choices = texts.iter().map(LitStr::value).collect();
            }
            _ => return Err(Error::new(kind.span(), "`in` goes with `uint` and `text`")),
        }
    }
    Ok(Setting { name, variant, default, choices, range, description: input.parse::<LitStr>()?.value() })
}

impl Field {
    /// A name for the error messages of generated code.
    pub fn span(&self) -> Span {
        self.constant.span()
    }
}
