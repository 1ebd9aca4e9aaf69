//! Bodies by their media type (RFC 2046): what carries them hands them on in the table `media_type`, under [`key`] of
//! the type, and what nobody else claims is `media`. Also the types of which no more is told than that they are there.

/// The key of a media type such as `text/html` in the table `media_type`: FNV-1a, whatever the case of the letters.
pub const fn key(kind: &[u8]) -> u64 {
    let (mut hash, mut i) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while i < kind.len() {
        hash = (hash ^ kind[i].to_ascii_lowercase() as u64).wrapping_mul(0x100_0000_01b3);
        i += 1;
    }
    hash
}

/// The key under which types that nobody knows are handed on.
pub const ANY: u64 = key(b"*/*");

/// The keys for the value of a `Content-Type` header: parameters behind it don't count. Bytes of unknown kind
/// (`application/octet-stream`, or no value) are nobody's.
pub fn keys(content_type: &[u8]) -> [u64; 2] {
    let end =
        content_type.iter().position(|byte| matches!(byte, b';' | b' ' | b'\t' | b',')).unwrap_or(content_type.len());
    let kind = content_type.get(..end).unwrap_or_default();
    if kind.is_empty() || kind.eq_ignore_ascii_case(b"application/octet-stream") {
        return [0, 0];
    }
    [key(kind), ANY]
}

macro_rules! media {
    ($module:ident $dissector:ident = $name:literal $short:literal, $title:literal: $($kind:literal)*) => {
        mod $module {
            use super::key;
            use prosector_sdk::prelude::*;

            /// The dissector.
            #[derive(Default)]
            pub struct $dissector;

            protocol! {
                /// A body of this kind.
                $dissector = $name $short, $title {}
                claims { media_type = [$(key($kind)),*] }
            }

            impl Dissector for $dissector {
                fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
                    pdu.info(format_args!("{} bytes", pdu.wire_len()));
                    Ok(())
                }
            }

            builtin!($dissector);
        }
    };
}

media! { other Media = "media" "media", "Media Type": b"*/*" }
media! { text DataTextLines = "data-text-lines" "data-text-lines", "Line-based text data":
    b"text/plain" b"text/html" b"text/css" b"text/javascript" b"text/richtext" b"text/enriched" b"text/parameters"
    b"text/x-javascript" b"text/vnd.sun.j2me.app-descriptor" b"text/vnd.wap.wml" b"application/javascript"
    b"application/x-javascript" b"application/x-ns-proxy-autoconfig"
}
media! { json Json = "json" "JSON", "JavaScript Object Notation": b"application/json" b"application/x-json" b"text/json"
    b"application/json-rpc" b"application/problem+json" b"application/manifest+json"
}
media! { xml Xml = "xml" "XML", "eXtensible Markup Language": b"text/xml" b"application/xml" b"application/soap+xml"
    b"application/xml-dtd" b"application/rss+xml" b"application/atom+xml" b"application/xhtml+xml" b"text/vnd.wap.wml+xml"
    b"image/svg+xml" b"application/vnd.wap.xhtml+xml"
}
media! { form UrlencodedForm = "urlencoded-form" "urlencoded-form", "HTML Form URL Encoded":
    b"application/x-www-form-urlencoded"
}
media! { gif ImageGif = "image-gif" "GIF", "Compuserve GIF": b"image/gif" }
media! { png Png = "png" "PNG", "Portable Network Graphics": b"image/png" }
media! { jfif Jfif = "image-jfif" "JFIF", "JPEG File Interchange Format": b"image/jpeg" b"image/jpg" b"image/jfif" }
media! { mp4 Mp4 = "mp4" "MP4", "MP4": b"video/mp4" b"audio/mp4" }
