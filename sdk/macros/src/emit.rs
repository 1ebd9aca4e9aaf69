//! What `protocol!` becomes.

use crate::parse::{Field, Fixed, Kind, Names, Protocol};
use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

pub fn protocol(p: &Protocol) -> TokenStream {
    let Protocol { dissector, name, short, title, description, .. } = p;
    let declare = quote!(::prosector_sdk::declare);
    let handles = p.fields.iter().enumerate().map(|(id, f)| handle(id as u16, f));
    let fields = p.fields.iter().map(|f| field(name, f));
    let count = p.fields.len();
    let mut claims: Vec<_> = p
        .claims
        .iter()
        .map(|(table, key)| quote!(#declare::Claim { table: ::std::borrow::Cow::Borrowed(#table), key: (#key) as u64 }))
        .collect();
    for (table, from, to) in &p.ranges {
        // Key ranges are short (X11's 64 ports); each key is a claim of its own.
        let (Ok(from), Ok(to)) = (int(from), int(to)) else {
            return quote!(compile_error!("a range of keys is written in whole numbers"););
        };
        claims.extend(
            (from..=to).map(|key| quote!(#declare::Claim { table: ::std::borrow::Cow::Borrowed(#table), key: #key })),
        );
    }
    let tables = p.tables.iter().map(|(_, table)| quote!(::std::borrow::Cow::Borrowed(#table)));
    let table_handles = p.tables.iter().enumerate().map(|(i, (constant, table))| {
        let i = i as u16;
        let doc = format!("The table `{table}`.");
        quote! {
            #[doc = #doc]
            #[allow(dead_code)]
            pub(crate) const #constant: ::prosector_sdk::handle::Table = ::prosector_sdk::handle::Table(#i);
        }
    });
    let Protocol { heuristics, streams, named, bound, stateful, .. } = p;
    let settings = p.settings.iter().map(|s| {
        let (name, description, default, variant) =
            (&s.name, &s.description, &s.default, format_ident!("{}", s.variant));
        let (choices, (min, max)) = (&s.choices, s.range);
        let default =
            if s.variant == "Text" { quote!(::std::borrow::Cow::Borrowed(#default)) } else { quote!(#default) };
        quote!(#declare::Setting {
            name: ::std::borrow::Cow::Borrowed(#name),
            description: ::std::borrow::Cow::Borrowed(#description),
            default: #declare::SettingValue::#variant(#default),
            choices: ::std::borrow::Cow::Borrowed(&[#(::std::borrow::Cow::Borrowed(#choices)),*]),
            range: (#min, #max),
        })
    });
    quote! {
        #(#handles)*
        #(#table_handles)*
        impl ::prosector_sdk::Declared for #dissector {
            const PROTOCOL: &'static #declare::Protocol = {
                static FIELDS: [#declare::Field; #count] = [#(#fields),*];
                static CLAIMS: &[#declare::Claim] = &[#(#claims),*];
                static TABLES: &[#declare::Text] = &[#(#tables),*];
                static HEURISTICS: &[#declare::Text] = &[#(::std::borrow::Cow::Borrowed(#heuristics)),*];
                static STREAMS: &[#declare::Text] = &[#(::std::borrow::Cow::Borrowed(#streams)),*];
                static NAMED: &[#declare::Text] = &[#(::std::borrow::Cow::Borrowed(#named)),*];
                static BOUND: &[#declare::Text] = &[#(::std::borrow::Cow::Borrowed(#bound)),*];
                static SETTINGS: &[#declare::Setting] = &[#(#settings),*];
                static PROTOCOL: #declare::Protocol = #declare::Protocol {
                    name: ::std::borrow::Cow::Borrowed(#name),
                    short: ::std::borrow::Cow::Borrowed(#short),
                    title: ::std::borrow::Cow::Borrowed(#title),
                    description: ::std::borrow::Cow::Borrowed(#description),
                    fields: ::std::borrow::Cow::Borrowed(&FIELDS),
                    claims: ::std::borrow::Cow::Borrowed(CLAIMS),
                    tables: ::std::borrow::Cow::Borrowed(TABLES),
                    heuristics: ::std::borrow::Cow::Borrowed(HEURISTICS),
                    settings: ::std::borrow::Cow::Borrowed(SETTINGS),
                    streams: ::std::borrow::Cow::Borrowed(STREAMS),
                    named: ::std::borrow::Cow::Borrowed(NAMED),
                    bound: ::std::borrow::Cow::Borrowed(BOUND),
                    stateful: #stateful,
                };
                &PROTOCOL
            };
        }
    }
}

fn int(expr: &syn::Expr) -> syn::Result<u64> {
    if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(n), .. }) = expr {
        return n.base10_parse();
    }
    Err(syn::Error::new_spanned(expr, "expected a whole number"))
}

fn handle(id: u16, f: &Field) -> TokenStream {
    let Field { constant, width, little_endian, mask, scale, parts, title, .. } = f;
    // The value may be larger than the number in the bytes.
    let bits = if *mask == 0 { 8 * u32::from(*width) } else { mask.count_ones() };
    let largest = (u128::from(*scale).max(1) << bits) - u128::from(*scale).max(1);
    let needed = (128 - largest.leading_zeros()).div_ceil(8).min(8) as u8;
    let unsigned = |width: u8| match width.max(needed) {
        1 => quote!(u8),
        2 => quote!(u16),
        3 | 4 => quote!(u32),
        _ => quote!(u64),
    };
    let long = matches!(f.kind, Kind::Bytes | Kind::Str | Kind::Ipv6 | Kind::Uuid);
    let fixed = fixed(f);
    let value = match f.kind {
        _ if f.computed && long => quote!(::prosector_sdk::handle::ComputedBytes),
        _ if f.computed => quote!(::prosector_sdk::handle::ComputedWord),
        Kind::None | Kind::Group => quote!(::prosector_sdk::handle::Group),
        Kind::Uint | Kind::TimeS | Kind::TimeNs | Kind::TimeNtp | Kind::Duration => unsigned(*width),
        Kind::Int => match (*width).max(needed) {
            1 => quote!(i8),
            2 => quote!(i16),
            3 | 4 => quote!(i32),
            _ => quote!(i64),
        },
        Kind::Bool => quote!(bool),
        Kind::Float if *width == 4 && f.fixed.is_none() => quote!(f32),
        Kind::Float => quote!(f64),
        Kind::Bytes | Kind::Str if *width == 0 => quote!(::prosector_sdk::handle::Variable),
        _ => {
            let n = *width as usize;
            quote!([u8; #n])
        }
    };
    quote_spanned! {f.span()=>
        #[doc = #title]
        #[allow(dead_code)]
        pub(crate) const #constant: ::prosector_sdk::handle::Handle<#value> = ::prosector_sdk::handle::Handle {
            id: #id,
            width: #width,
            little_endian: #little_endian,
            mask: #mask,
            scale: #scale,
            fixed: #fixed,
            parts: #parts,
            value: ::std::marker::PhantomData,
        };
    }
}

fn fixed(f: &Field) -> TokenStream {
    let Some(Fixed { signed, divisor, offset }) = f.fixed else { return quote!(::std::option::Option::None) };
    quote!(::std::option::Option::Some(::prosector_sdk::declare::FixedPoint {
        signed: #signed,
        divisor: #divisor,
        offset: #offset,
    }))
}

fn field(protocol: &str, f: &Field) -> TokenStream {
    let declare = quote!(::prosector_sdk::declare);
    let Field {
        title,
        description,
        width,
        little_endian,
        mask,
        scale,
        unit,
        computed,
        hidden,
        trailer,
        part,
        linked,
        ..
    } = f;
    let fixed = fixed(f);
    let name = if f.absolute { f.name.clone() } else { format!("{protocol}.{}", f.name) };
    let kind = match f.kind {
        Kind::None => "None",
        Kind::Group => "Group",
        Kind::Uint => "Uint",
        Kind::Int => "Int",
        Kind::Bool => "Bool",
        Kind::Float => "Float",
        Kind::Bytes => "Bytes",
        Kind::Str => "Str",
        Kind::Mac => "Mac",
        Kind::Eui64 => "Eui64",
        Kind::Ipv4 => "Ipv4",
        Kind::Ipv6 => "Ipv6",
        Kind::Uuid => "Uuid",
        Kind::TimeS => "TimeS",
        Kind::TimeNs => "TimeNs",
        Kind::TimeNtp => "TimeNtp",
        Kind::Duration => "Duration",
    };
    let (kind, base, role) = (format_ident!("{kind}"), format_ident!("{}", f.base), format_ident!("{}", f.role));
    let names = match &f.names {
        Names::None => quote!(&[]),
        Names::Constant(constant) => quote!(#constant),
        Names::List(list) => {
            let items = list.iter().map(|(from, to, name)| {
                quote!(#declare::ValueName { from: #from, to: #to, name: ::std::borrow::Cow::Borrowed(#name) })
            });
            quote!(&[#(#items),*])
        }
    };
    quote!(#declare::Field {
        name: ::std::borrow::Cow::Borrowed(#name),
        title: ::std::borrow::Cow::Borrowed(#title),
        description: ::std::borrow::Cow::Borrowed(#description),
        kind: #declare::Kind::#kind,
        width: #width,
        little_endian: #little_endian,
        mask: #mask,
        scale: #scale,
        fixed: #fixed,
        base: #declare::Base::#base,
        unit: ::std::borrow::Cow::Borrowed(#unit),
        names: ::std::borrow::Cow::Borrowed(#names),
        computed: #computed,
        hidden: #hidden,
        trailer: #trailer,
        part: #part,
        linked: #linked,
        role: #declare::Role::#role,
    })
}
