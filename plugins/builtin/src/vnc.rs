//! VNC, the remote framebuffer protocol (RFC 6143): the handshake, and the messages of both sides.
//!
//! What comes next depends on what was said before, so the phase of each connection is kept. A connection whose
//! beginning was not seen is taken for one that has shaken hands.

use prosector_sdk::handle::Handle;
use prosector_sdk::prelude::*;

/// The dissector.
#[derive(Default)]
pub struct Vnc {
    connections: Flows<Connection>,
}

/// What is known of a connection.
struct Connection {
    phase: Phase,
    /// The version that the client chose, without its first part: 3, 7 or 8.
    version: u8,
    /// The security type that was agreed on.
    security: u8,
    /// Bytes of a pixel.
    pixel: usize,
}

impl Default for Connection {
    fn default() -> Connection {
        Connection { phase: Phase::Messages, version: 8, security: 0, pixel: 4 }
    }
}

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    ClientVersion,
    SecurityTypes,
    SecurityChoice,
    Challenge,
    Response,
    Result,
    ClientInit,
    ServerInit,
    Messages,
    /// Nothing that can be read.
    Lost,
}

protocol! {
    /// Virtual Network Computing, the remote framebuffer protocol (RFC 6143).
    Vnc = vnc "VNC", "Virtual Network Computing" {
        server_proto_ver: str               "Server protocol version",
        client_proto_ver: str               "Client protocol version",
        num_security_types: u8              "Number of security types",
        security_type: u8                   "Security type" = SECURITY,
        server_security_type: u32           "Security type" = SECURITY,
        client_security_type: u8            "Security type selected" = SECURITY,
        auth_challenge: bytes[16]           "Authentication challenge",
        auth_response: bytes[16]            "Authentication response",
        auth_result: bool(u32) & 1          "Authentication result" = { 0 "OK", 1 "Failed" },
        auth_error_length: u32              "Length of authentication error",
        auth_error: str                     "Authentication error",
        share_desktop_flag: bool            "Share desktop flag",
        width: u16                          "Framebuffer width",
        height: u16                         "Framebuffer height",
        server_bits_per_pixel: u8           "Bits per pixel",
        server_depth: u8                    "Depth",
        server_big_endian_flag: bool        "Big endian flag",
        server_true_color_flag: bool        "True color flag",
        server_red_max: u16                 "Red maximum",
        server_green_max: u16               "Green maximum",
        server_blue_max: u16                "Blue maximum",
        server_red_shift: u8                "Red shift",
        server_green_shift: u8              "Green shift",
        server_blue_shift: u8               "Blue shift",
        desktop_name_len: u32               "Desktop name length",
        desktop_name: str                   "Desktop name",

        client_message_type: u8             "Client Message Type" = {
            0 "Set Pixel Format", 2 "Set Encodings", 3 "Framebuffer Update Request", 4 "Key Event", 5 "Pointer Event",
            6 "Client Cut Text",
        },
        client_bits_per_pixel: u8           "Bits per pixel",
        client_depth: u8                    "Depth",
        client_big_endian_flag: bool        "Big endian flag",
        client_true_color_flag: bool        "True color flag",
        client_red_max: u16                 "Red maximum",
        client_green_max: u16               "Green maximum",
        client_blue_max: u16                "Blue maximum",
        client_red_shift: u8                "Red shift",
        client_green_shift: u8              "Green shift",
        client_blue_shift: u8               "Blue shift",
        client_set_encodings_num: u16       "Number of encodings",
        client_set_encodings_encoding_type: i32 "Encoding type",
        update_req_incremental: bool        "Incremental update",
        update_req_x_pos: u16               "X position",
        update_req_y_pos: u16               "Y position",
        update_req_width: u16               "Width",
        update_req_height: u16              "Height",
        key_down: bool                      "Key down",
        key: u32 hex                        "Key",
        button_1_pos: bool & 0x01           "Mouse button #1 position" = PRESSED,
        button_2_pos: bool & 0x02           "Mouse button #2 position" = PRESSED,
        button_3_pos: bool & 0x04           "Mouse button #3 position" = PRESSED,
        button_4_pos: bool & 0x08           "Mouse button #4 position" = PRESSED,
        button_5_pos: bool & 0x10           "Mouse button #5 position" = PRESSED,
        button_6_pos: bool & 0x20           "Mouse button #6 position" = PRESSED,
        button_7_pos: bool & 0x40           "Mouse button #7 position" = PRESSED,
        button_8_pos: bool & 0x80           "Mouse button #8 position" = PRESSED,
        pointer_x_pos: u16                  "X position",
        pointer_y_pos: u16                  "Y position",
        client_cut_text_len: u32            "Length",
        client_cut_text: str                "Text",

        server_message_type: u8             "Server Message Type" = {
            0 "Framebuffer Update", 1 "Set Colormap Entries", 2 "Ring Bell", 3 "Cut Text",
        },
        fb_update_num_rects: u16            "Number of rectangles",
        rectangle: group                    "Rectangle",
        fb_update_x_pos: u16                "X position",
        fb_update_y_pos: u16                "Y position",
        fb_update_width: u16                "Width",
        fb_update_height: u16               "Height",
        fb_update_encoding_type: i32        "Encoding type",
        raw_pixel_data: bytes               "Pixel data",
        copyrect_src_x_pos: u16             "Source X position",
        copyrect_src_y_pos: u16             "Source Y position",
        cursor_encoding_pixels: bytes       "Cursor encoding pixels",
        cursor_encoding_bitmask: bytes      "Cursor encoding bitmask",
        zrle_len: u32                       "ZRLE compressed length",
        zrle_data: bytes                    "ZRLE compressed data",
        color_map_first_color: u16          "First color",
        color_map_num_colors: u16           "Number of colors",
        color_map_red: u16                  "Red",
        color_map_green: u16                "Green",
        color_map_blue: u16                 "Blue",
        server_cut_text_len: u32            "Length",
        server_cut_text: str                "Text",
    }
    claims { tcp.port = 5900..=5909 }
    stateful
}

value_names! {
    /// RFC 6143, section 7.1.2.
    SECURITY { 0 "Invalid", 1 "None", 2 "VNC", 16 "Tight", 18 "TLS", 19 "VeNCrypt" }
}

value_names! {
    /// A button.
    PRESSED { 0 "Not pressed", 1 "Pressed" }
}

/// `RFB 003.008` and a line end.
const VERSION_LEN: usize = 12;
const FIRST_PORT: u64 = 5900;
const LAST_PORT: u64 = 5909;
const NO_SECURITY: u8 = 1;
const VNC_SECURITY: u8 = 2;

impl Dissector for Vnc {
    fn dissect(&mut self, pdu: &mut Pdu<'_>) -> Step {
        let connection = self.connections.of(pdu.flow());
        if (FIRST_PORT..=LAST_PORT).contains(&(pdu.context() & 0xffff)) {
            client(pdu, connection)
        } else {
            server(pdu, connection)
        }
    }

    fn flow_end(&mut self, flow: u64) {
        self.connections.end(flow);
    }
}

/// Takes a version; returns its last part.
fn version(pdu: &mut Pdu<'_>, field: Handle<prosector_sdk::handle::Variable>) -> Result<u8, Stop> {
    let at = pdu.position();
    let digit = pdu.rest().get(10).map_or(0, |digit| digit.wrapping_sub(b'0'));
    pdu.skip(VERSION_LEN)?;
    pdu.mark(field, at + 4..at + 11);
    pdu.end_here();
    Ok(digit)
}

fn server(pdu: &mut Pdu<'_>, connection: &mut Connection) -> Step {
    if pdu.rest().starts_with(b"RFB ") {
        version(pdu, SERVER_PROTO_VER)?;
        pdu.info(format_args!("Server protocol version"));
        *connection = Connection { phase: Phase::ClientVersion, ..Connection::default() };
        return Ok(());
    }
    let next = match connection.phase {
        Phase::SecurityTypes if connection.version < 7 => {
            pdu.info(format_args!("Security types supported"));
            connection.security = pdu.take(SERVER_SECURITY_TYPE)? as u8;
            match connection.security {
                NO_SECURITY => Phase::ClientInit,
                VNC_SECURITY => Phase::Challenge,
                _ => Phase::Lost,
            }
        }
        Phase::SecurityTypes => {
            pdu.info(format_args!("Security types supported"));
            for _ in 0..pdu.take(NUM_SECURITY_TYPES)? {
                pdu.take(SECURITY_TYPE)?;
            }
            Phase::SecurityChoice
        }
        Phase::Challenge => {
            pdu.info(format_args!("Authentication challenge from server"));
            pdu.take(AUTH_CHALLENGE)?;
            Phase::Response
        }
        Phase::Result => {
            pdu.info(format_args!("Authentication result"));
            let failed = pdu.take(AUTH_RESULT)?;
            if failed && connection.version >= 8 {
                let len = pdu.take(AUTH_ERROR_LENGTH)? as usize;
                pdu.take_bytes(AUTH_ERROR, len)?;
            }
            if failed { Phase::Lost } else { Phase::ClientInit }
        }
        Phase::ServerInit => {
            pdu.info(format_args!("Server framebuffer parameters"));
            pdu.take(WIDTH)?;
            pdu.take(HEIGHT)?;
            let bits = pdu.take(SERVER_BITS_PER_PIXEL)?;
            pdu.take(SERVER_DEPTH)?;
            pdu.take(SERVER_BIG_ENDIAN_FLAG)?;
            pdu.take(SERVER_TRUE_COLOR_FLAG)?;
            pdu.take(SERVER_RED_MAX)?;
            pdu.take(SERVER_GREEN_MAX)?;
            pdu.take(SERVER_BLUE_MAX)?;
            pdu.take(SERVER_RED_SHIFT)?;
            pdu.take(SERVER_GREEN_SHIFT)?;
            pdu.take(SERVER_BLUE_SHIFT)?;
            pdu.skip(3)?;
            let len = pdu.take(DESKTOP_NAME_LEN)? as usize;
            pdu.take_bytes(DESKTOP_NAME, len)?;
            connection.pixel = usize::from(bits) / 8;
            Phase::Messages
        }
        Phase::Messages => return server_message(pdu, connection),
        _ => return Ok(()),
    };
    pdu.end_here();
    connection.phase = next;
    Ok(())
}

fn client(pdu: &mut Pdu<'_>, connection: &mut Connection) -> Step {
    if pdu.rest().starts_with(b"RFB ") {
        connection.version = version(pdu, CLIENT_PROTO_VER)?;
        pdu.info(format_args!("Client protocol version"));
        connection.phase = Phase::SecurityTypes;
        return Ok(());
    }
    let next = match connection.phase {
        Phase::SecurityChoice => {
            pdu.info(format_args!("Authentication type selected by client"));
            connection.security = pdu.take(CLIENT_SECURITY_TYPE)?;
            match connection.security {
                NO_SECURITY if connection.version < 8 => Phase::ClientInit,
                NO_SECURITY => Phase::Result,
                VNC_SECURITY => Phase::Challenge,
                _ => Phase::Lost,
            }
        }
        Phase::Response => {
            pdu.info(format_args!("Authentication response from client"));
            pdu.take(AUTH_RESPONSE)?;
            Phase::Result
        }
        Phase::ClientInit => {
            pdu.info(format_args!("Share desktop flag"));
            pdu.take(SHARE_DESKTOP_FLAG)?;
            Phase::ServerInit
        }
        Phase::Messages => return client_message(pdu, connection),
        _ => return Ok(()),
    };
    pdu.end_here();
    connection.phase = next;
    Ok(())
}

fn client_message(pdu: &mut Pdu<'_>, connection: &mut Connection) -> Step {
    let kind = pdu.take(CLIENT_MESSAGE_TYPE)?;
    pdu.info(format_args!("Client {}", Vnc::name(CLIENT_MESSAGE_TYPE, kind)));
    match kind {
        0 => {
            pdu.skip(3)?;
            let bits = pdu.take(CLIENT_BITS_PER_PIXEL)?;
            pdu.take(CLIENT_DEPTH)?;
            pdu.take(CLIENT_BIG_ENDIAN_FLAG)?;
            pdu.take(CLIENT_TRUE_COLOR_FLAG)?;
            pdu.take(CLIENT_RED_MAX)?;
            pdu.take(CLIENT_GREEN_MAX)?;
            pdu.take(CLIENT_BLUE_MAX)?;
            pdu.take(CLIENT_RED_SHIFT)?;
            pdu.take(CLIENT_GREEN_SHIFT)?;
            pdu.take(CLIENT_BLUE_SHIFT)?;
            pdu.skip(3)?;
            connection.pixel = usize::from(bits) / 8;
        }
        2 => {
            pdu.skip(1)?;
            for _ in 0..pdu.take(CLIENT_SET_ENCODINGS_NUM)? {
                pdu.take(CLIENT_SET_ENCODINGS_ENCODING_TYPE)?;
            }
        }
        3 => {
            pdu.take(UPDATE_REQ_INCREMENTAL)?;
            pdu.take(UPDATE_REQ_X_POS)?;
            pdu.take(UPDATE_REQ_Y_POS)?;
            pdu.take(UPDATE_REQ_WIDTH)?;
            pdu.take(UPDATE_REQ_HEIGHT)?;
        }
        4 => {
            pdu.take(KEY_DOWN)?;
            pdu.skip(2)?;
            pdu.take(KEY)?;
        }
        5 => {
            for button in [
                BUTTON_1_POS,
                BUTTON_2_POS,
                BUTTON_3_POS,
                BUTTON_4_POS,
                BUTTON_5_POS,
                BUTTON_6_POS,
                BUTTON_7_POS,
                BUTTON_8_POS,
            ] {
                pdu.show(button)?;
            }
            pdu.skip(1)?;
            pdu.take(POINTER_X_POS)?;
            pdu.take(POINTER_Y_POS)?;
        }
        6 => {
            pdu.skip(3)?;
            let len = pdu.take(CLIENT_CUT_TEXT_LEN)? as usize;
            pdu.take_bytes(CLIENT_CUT_TEXT, len)?;
        }
        // How long others are isn't known.
        _ => return Ok(()),
    }
    pdu.end_here();
    Ok(())
}

fn server_message(pdu: &mut Pdu<'_>, connection: &mut Connection) -> Step {
    let kind = pdu.take(SERVER_MESSAGE_TYPE)?;
    pdu.info(format_args!("Server {}", Vnc::name(SERVER_MESSAGE_TYPE, kind)));
    match kind {
        0 => {
            pdu.skip(1)?;
            for _ in 0..pdu.take(FB_UPDATE_NUM_RECTS)? {
                if !pdu.group(RECTANGLE, |pdu| rectangle(pdu, connection.pixel))? {
                    return Ok(());
                }
            }
        }
        1 => {
            pdu.skip(1)?;
            pdu.take(COLOR_MAP_FIRST_COLOR)?;
            for _ in 0..pdu.take(COLOR_MAP_NUM_COLORS)? {
                pdu.take(COLOR_MAP_RED)?;
                pdu.take(COLOR_MAP_GREEN)?;
                pdu.take(COLOR_MAP_BLUE)?;
            }
        }
        2 => {}
        3 => {
            pdu.skip(3)?;
            let len = pdu.take(SERVER_CUT_TEXT_LEN)? as usize;
            pdu.take_bytes(SERVER_CUT_TEXT, len)?;
        }
        _ => return Ok(()),
    }
    pdu.end_here();
    Ok(())
}

/// Returns whether it is known where the rectangle ends.
fn rectangle(pdu: &mut Pdu<'_>, pixel: usize) -> Result<bool, Stop> {
    pdu.take(FB_UPDATE_X_POS)?;
    pdu.take(FB_UPDATE_Y_POS)?;
    let width = usize::from(pdu.take(FB_UPDATE_WIDTH)?);
    let height = usize::from(pdu.take(FB_UPDATE_HEIGHT)?);
    match pdu.take(FB_UPDATE_ENCODING_TYPE)? {
        0 => drop(pdu.take_bytes(RAW_PIXEL_DATA, width * height * pixel)?),
        1 => {
            pdu.take(COPYRECT_SRC_X_POS)?;
            pdu.take(COPYRECT_SRC_Y_POS)?;
        }
        // Zlib and ZRLE: a length, and data that need all that came before.
        6 | 16 => {
            let len = pdu.take(ZRLE_LEN)? as usize;
            pdu.take_bytes(ZRLE_DATA, len)?;
        }
        // The shape of the pointer, and where it is transparent.
        -239 => {
            pdu.take_bytes(CURSOR_ENCODING_PIXELS, width * height * pixel)?;
            pdu.take_bytes(CURSOR_ENCODING_BITMASK, width.div_ceil(8) * height)?;
        }
        // A new size of the desktop, or the last rectangle.
        -223 | -224 => {}
        _ => return Ok(false),
    }
    Ok(true)
}

builtin!(Vnc);

#[test]
fn messages_of_a_server() {
    check::<Vnc>(
        "524642203030332e3030380a",
        expect![[r#"
        Virtual Network Computing, Server protocol version
          Server protocol version: 003.008
    "#]],
    );
    check::<Vnc>(
        "00 00 0001  0001 0002 0001 0001 00000000 01020304",
        expect![[r#"
        Virtual Network Computing, Server Framebuffer Update
          Server Message Type: Framebuffer Update (0)
          Number of rectangles: 1
          Rectangle
            X position: 1
            Y position: 2
            Width: 1
            Height: 1
            Encoding type: 0
            Pixel data: 01020304
    "#]],
    );
    check::<Vnc>(
        "00 00 0001  0001 0002 0001 0001 00000000 0102",
        expect![[r#"
        Virtual Network Computing, Server Framebuffer Update
          Server Message Type: Framebuffer Update (0)
          Number of rectangles: 1
          Rectangle
            X position: 1
            Y position: 2
            Width: 1
            Height: 1
            Encoding type: 0
          [error] short: vnc.raw_pixel_data needs 4 bytes at offset 16, 2 are there
    "#]],
    );
    check::<Vnc>(
        "03 000000 00000002 6869",
        expect![[r#"
        Virtual Network Computing, Server Cut Text
          Server Message Type: Cut Text (3)
          Length: 2
          Text: hi
    "#]],
    );
}
