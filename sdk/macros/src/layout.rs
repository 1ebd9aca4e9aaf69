//! `#[derive(Layout)]`: a struct whose fields are a protocol's, one after the other, is its whole dissector.

use crate::emit;
use crate::parse::{self, Kind, Names, Protocol};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Data, DeriveInput, Error, Fields, Ident, LitStr, Result, Token, Type};

/// What `#[layout(…)]` says: everything of a declaration but the fields, and what becomes of the values.
struct About {
    protocol: Protocol,
    info: Option<LitStr>,
    /// The table that the bytes behind the layout are handed on by, and the field with the key.
    payload: Option<(Ident, Ident)>,
}

pub fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(syn::DataStruct { fields: Fields::Named(members), .. }) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "a layout is a struct with named fields"));
    };
    let dissector = &input.ident;
    let about = attribute(&input.attrs, "layout")
        .ok_or_else(|| Error::new_spanned(dissector, "say what it is: #[layout(name \"Title\" claims { … })]"))?;
    let docs: Vec<&Attribute> = input.attrs.iter().filter(|a| a.path().is_ident("doc")).collect();
    let tokens = about.parse_args::<TokenStream>()?;
    let About { mut protocol, info, payload } = Parser::parse2(About::parse, quote!(#(#docs)* #dissector = #tokens))?;

    let (mut reads, mut names, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = false;
    for member in &members.named {
        let (name, ty) = (member.ident.as_ref().expect("it is named"), &member.ty);
        if rest {
            return Err(Error::new_spanned(name, "nothing comes behind the rest"));
        }
        let field = attribute(&member.attrs, "field")
            .ok_or_else(|| Error::new_spanned(name, "say what it is called: #[field(\"Title\")]"))?;
        let tokens = field.parse_args::<TokenStream>()?;
        let docs = member.attrs.iter().filter(|a| a.path().is_ident("doc"));
        let word = if says_type(&tokens) { None } else { Some(type_word(ty)?) };
        let at = protocol.fields.len();
        let read = |input: ParseStream| parse::field(input, &mut protocol.fields);
        Parser::parse2(read, quote!(#(#docs)* #name: #word #tokens))?;
        let declared = &protocol.fields[at];
        let handle = &declared.constant;
        rest = matches!(declared.kind, Kind::Bytes | Kind::Str) && declared.width == 0;
        reads.push(match rest {
            true if declared.kind == Kind::Str => {
                quote!(let #name = ::std::string::String::from_utf8_lossy(pdu.take_rest(#handle));)
            }
            true => quote!(let #name = pdu.take_rest(#handle).escape_ascii();),
            false => quote_spanned!(name.span()=> let #name: #ty = pdu.take(#handle)?;),
        });
        if !matches!(declared.names, Names::None) && matches!(declared.kind, Kind::Uint) {
            names.push(quote!(let #name = <Self as ::prosector_sdk::Declared>::name(#handle, #name);));
        }
        let zeros = matches!(ty, Type::Array(_));
        values.push(if zeros { quote!(#name: [0; _]) } else { quote!(#name: ::std::default::Default::default()) });
    }
    let members: Vec<_> = members.named.iter().map(|m| &m.ident).collect();
    let end = match &payload {
        Some((table, key)) => quote!(pdu.hand_on(#table, #key);),
        None => quote!(pdu.end_here();),
    };
    let info = info.map(|text| quote!(#(#names)* pdu.info(::std::format_args!(#text));));
    let declaration = emit::protocol(&protocol);
    Ok(quote! {
        #declaration
        impl ::std::default::Default for #dissector {
            fn default() -> Self {
                Self { #(#values),* }
            }
        }
        impl ::prosector_sdk::Dissector for #dissector {
            #[allow(unused_variables)]
            fn dissect(&mut self, pdu: &mut ::prosector_sdk::Pdu<'_>) -> ::prosector_sdk::Step {
                #(#reads)*
                #end
                #info
                Ok(())
            }
        }
        // The struct is a drawing; nobody reads its fields.
        const _: fn(&#dissector) = |it| { let _ = (#(&it.#members,)*); };
    })
}

impl About {
    fn parse(input: ParseStream) -> Result<About> {
        let (mut protocol, mut info, mut payload) = (Protocol::head(input)?, None, None);
        while !input.is_empty() {
            if input.peek(Ident) && input.fork().parse::<Ident>()? == "info" {
                input.parse::<Ident>()?;
                info = Some(input.parse()?);
            } else if input.peek(Ident) && input.fork().parse::<Ident>()? == "payload" {
                input.parse::<Ident>()?;
                let table = input.parse()?;
                input.parse::<Token![=]>()?;
                payload = Some((table, input.parse()?));
            } else {
                protocol.section(input)?;
            }
        }
        Ok(About { protocol, info, payload })
    }
}

fn attribute<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|a| a.path().is_ident(name))
}

/// Whether a field's attribute begins with a type of its own, as `mac` of six bytes.
fn says_type(tokens: &TokenStream) -> bool {
    let begins = |input: ParseStream| -> Result<bool> {
        let word = input.parse::<Option<Ident>>()?;
        let known = word.is_some_and(|word| parse::is_type(&word.to_string()));
        input.parse::<TokenStream>()?;
        Ok(known)
    };
    Parser::parse2(begins, tokens.clone()).unwrap_or(false)
}

/// The type of a declaration that a Rust type stands for where nothing else is said.
fn type_word(ty: &Type) -> Result<TokenStream> {
    match ty {
        Type::Array(array) => {
            let len = &array.len;
            Ok(quote!(bytes[#len]))
        }
        Type::Path(path) if path.path.get_ident().is_some_and(|word| parse::is_type(&word.to_string())) => {
            Ok(quote!(#path))
        }
        _ => Err(Error::new_spanned(ty, "say what it is in its attribute: u24, mac, str, time_s(u32), …")),
    }
}
