//! Tests of the dissector.

use super::*;
use crate::lines::hex;

#[test]
fn a_request_and_its_response() {
    check_stream::<Http>(
        &[
            &hex("GET /find?q=a&n=1 HTTP/1.1\r\nHost: example.org\r\nCookie: a=1; b=2\r\n\r\n"),
            &format!("<{}", hex("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhe")),
            &format!("<{}", hex("llo")),
        ],
        expect![[r#"
            segment 1
            Hypertext Transfer Protocol, GET /find?q=a&n=1 HTTP/1.1
              Request Method: GET
              Request URI: /find?q=a&n=1
              Request URI Path: /find
              Request URI Query: q=a&n=1
              Request URI Query Parameter: q=a
              Request URI Query Parameter: n=1
              Request Version: HTTP/1.1
              [Request: True]
              Request line: Host: example.org\r\n
              Host: example.org
              Request line: Cookie: a=1; b=2\r\n
              Cookie: a=1; b=2
              Cookie pair: a=1
              Cookie pair: b=2
              [Full request URI: http://example.org/find?q=a&n=1]
              [Request number: 1]
            segment 2
            waits for 69 bytes
            segment 3
            Hypertext Transfer Protocol, HTTP/1.1 200 OK
              Response Version: HTTP/1.1
              Status Code: 200
              Status Code Description: OK
              Response Phrase: OK
              [Response: True]
              Response line: Content-Type: text/plain\r\n
              Content-Type: text/plain
              Response line: Content-Length: 5\r\n
              Content-Length: 5
              Content length: 5
              [Response number: 1]
              [Time since request: 0.002000000 seconds]
              [Request in frame: 1]
              [Request URI: http://example.org/find?q=a&n=1]
              File Data: hello
            → media_type [2234085431400891109, 1885464632615986612]: bytes 64..69
        "#]],
    );
}

#[test]
fn chunks_and_what_follows() {
    check_stream::<Http>(
        &[&hex(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        )],
        expect![[r#"
            segment 1
            Hypertext Transfer Protocol, HTTP/1.1 200 OK
              Response Version: HTTP/1.1
              Status Code: 200
              Status Code Description: OK
              Response Phrase: OK
              [Response: True]
              Response line: Transfer-Encoding: chunked\r\n
              Transfer-Encoding: chunked
              [Response number: 1]
              Data chunk
                Chunk size: 3 octets
                Chunk data: 616263
                Chunk boundary: 0d0a
              Data chunk
                Chunk size: 0 octets
              trailer-part: A: b\r\n
              [File Data: abc]
            → media_type [0, 0]: side bytes 20..23
            Hypertext Transfer Protocol, HTTP/1.1 204 No Content
              Response Version: HTTP/1.1
              Status Code: 204
              Status Code Description: No Content
              Response Phrase: No Content
              [Response: True]
              [Response number: 2]
              [Prev response in frame: 1]
        "#]],
    );
}

#[test]
fn a_tunnel() {
    check_stream::<Http>(
        &[
            &hex("CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n"),
            &format!("<{}", hex("HTTP/1.1 200 OK\r\n\r\n")),
            &hex("abc"),
        ],
        expect![[r#"
            segment 1
            Hypertext Transfer Protocol, CONNECT example.org:443 HTTP/1.1
              Request Method: CONNECT
              Request URI: example.org:443
              Request Version: HTTP/1.1
              [Request: True]
              Request line: Host: example.org\r\n
              Host: example.org
              [Full request URI: example.org:443]
              [Request number: 1]
            segment 2
            Hypertext Transfer Protocol, HTTP/1.1 200 OK
              Response Version: HTTP/1.1
              Status Code: 200
              Status Code Description: OK
              Response Phrase: OK
              [Response: True]
              [Response number: 1]
              [Time since request: 0.001000000 seconds]
              [Request in frame: 1]
              [Request URI: example.org:443]
            segment 3
            Hypertext Transfer Protocol, example.org:443
              [Proxy-Connect-Hostname: example.org]
              [Proxy-Connect-Port: 443]
            → tcp.port [443]: bytes 0..3, Stream at 0
        "#]],
    );
}

#[test]
fn lengths_that_cannot_be() {
    check::<Http>(
        &hex("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello"),
        expect![[r#"
            Hypertext Transfer Protocol, HTTP/1.1 200 OK
              Response Version: HTTP/1.1
              Status Code: 200
              Status Code Description: OK
              Response Phrase: OK
              [Response: True]
              Response line: Content-Length: 99999999999999999999\r\n
              Content-Length: 99999999999999999999
              [Response number: 1]
              File Data: hello
            → media_type [0, 0]: bytes 57..62
        "#]],
    );
    check::<Http>(
        &hex("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\nabc"),
        expect![[r#"
            Hypertext Transfer Protocol, HTTP/1.1 200 OK
              Response Version: HTTP/1.1
              Status Code: 200
              Status Code Description: OK
              Response Phrase: OK
              [Response: True]
              Response line: Transfer-Encoding: chunked\r\n
              Transfer-Encoding: chunked
              [Response number: 1]
              Data chunk
                Chunk size: 4294967295 octets
                Chunk data: 616263
                Chunk boundary: <none>
              [File Data: abc]
            → media_type [0, 0]: side bytes 20..23
        "#]],
    );
    check::<Http>(
        &hex("POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n12345"),
        expect![[r#"
            Hypertext Transfer Protocol, POST / HTTP/1.1
              Request Method: POST
              Request URI: /
              Request Version: HTTP/1.1
              [Request: True]
              Request line: Content-Encoding: gzip\r\n
              Content-Encoding: gzip
              Request line: Content-Length: 5\r\n
              Content-Length: 5
              Content length: 5
              [Request number: 1]
            → @data [0]: side bytes 15..20
        "#]],
    );
}
