//! `prosector follow`.

use crate::{Dissectors, Failure};
use clap::{Args, ValueEnum};
use prosector_capture::Reader;
use prosector_engine::{Demand, Engine, LayerView, Registry};
use prosector_output::write_hex_dump;
use prosector_sdk::frame::Batch;
use prosector_sdk::value::{Value, Word, write_value};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// Print what the two ends of a conversation have sent each other, in order and without repetitions.
#[derive(Args)]
pub(crate) struct FollowArgs {
    /// Which conversation: tcp,N or udp,N, numbered as tcp.stream and udp.stream; http,N: the HTTP messages in tcp.stream N, with their
    /// bodies put together
    #[arg(value_name = "KIND,N", value_parser = parse_which)]
    which: Which,
    /// A capture file; - is standard input
    file: PathBuf,
    /// How to write it; raw writes the bytes alone
    #[arg(long = "as", value_enum, value_name = "FORM", default_value = "text")]
    form: Form,
    /// Only what one side has sent; the client is who begins the conversation
    #[arg(long, value_enum)]
    only_from: Option<Side>,
    #[command(flatten)]
    dissectors: Dissectors,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Hex,
    Raw,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Side {
    Client,
    Server,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tcp,
    Udp,
    Http,
}

#[derive(Clone, Copy)]
struct Which {
    kind: Kind,
    number: u64,
}

fn parse_which(text: &str) -> Result<Which, String> {
    let right = "expected tcp,N, udp,N or http,N, like tcp,0";
    let (kind, number) = text.split_once(',').ok_or(right)?;
    let kind = match kind {
        "tcp" => Kind::Tcp,
        "udp" => Kind::Udp,
        "http" => Kind::Http,
        _ => return Err(right.into()),
    };
    Ok(Which { kind, number: number.parse().map_err(|_| right)? })
}

pub(crate) fn run(args: &FollowArgs) -> Result<(), Failure> {
    let registry = Arc::new(args.dissectors.load(false)?.registry);
    let mut engine = Engine::new(registry.clone(), Demand::tree(&registry)).map_err(Failure::usage)?;
    engine.tap_streams();
    let mut reader = Reader::open(&args.file).map_err(Failure::input)?;
    let mut follow = Follow { args, registry: &registry, ends: None, seen: 0, out: Vec::new() };
    loop {
        let batch = reader.next_batch(256).map_err(Failure::input)?;
        if batch.frames.is_empty() {
            break;
        }
        engine.dissect(&batch);
        follow.batch(&engine, &batch);
        match follow.flush() {
            Err(e) if e.kind() == ErrorKind::BrokenPipe => return Ok(()),
            outcome => outcome.map_err(|e| Failure::input(format!("standard output: {e}")))?,
        }
    }
    if follow.ends.is_none() {
        let there = match (args.which.kind, follow.seen) {
            (_, 0) => "none is there".into(),
            (_, 1) => "only number 0 is there".into(),
            (_, n) => format!("numbers 0 to {} are there", n - 1),
        };
        return Err(Failure::input(format!("{}: no such conversation: {there}", args.file.display())));
    }
    Ok(())
}

struct Follow<'a> {
    args: &'a FollowArgs,
    registry: &'a Registry,
    /// Who has sent the conversation's first frame, and to whom; a SYN with ACK is an answer.
    ends: Option<[String; 2]>,
    /// How many conversations there are.
    seen: u64,
    out: Vec<u8>,
}

impl Follow<'_> {
    fn batch(&mut self, engine: &Engine, batch: &Batch<'_>) {
        let Which { kind, number } = self.args.which;
        let dissection = engine.dissection();
        for frame in 0..batch.frames.len() {
            let mut stream = None;
            for layer in dissection.layers(frame, batch.data) {
                match &*self.registry.protocol(layer.protocol()).name {
                    "tcp" => {
                        stream = self.number(&layer, "tcp.stream");
                        if kind != Kind::Udp {
                            let answers = self.number(&layer, "tcp.flags").is_some_and(|flags| flags & 0x12 == 0x12);
                            self.see(stream, &layer, answers, engine, batch);
                        }
                    }
                    "udp" if kind == Kind::Udp => {
                        let stream = self.number(&layer, "udp.stream");
                        self.see(stream, &layer, false, engine, batch);
                        if stream == Some(number)
                            && let Some(payload) = self.bytes(&layer, "udp.payload")
                        {
                            self.piece(&self.ends(&layer, engine, batch), payload);
                        }
                    }
                    "http" if kind == Kind::Http && stream == Some(number) => {
                        let data = layer.data();
                        let head = data.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4);
                        // A body is handed on as it is without chunks and encoding; what goes through a tunnel, as it is.
                        let is_body = |l: &LayerView<'_>| {
                            l.parent() == Some(layer.id()) && !l.is_detail() && l.data().as_ptr() != data.as_ptr()
                        };
                        let body = head.and_then(|_| dissection.layers(frame, batch.data).find(is_body));
                        let body = body.map(|body| body.data()).unwrap_or_default();
                        let message = [&data[..head.unwrap_or(data.len())], body].concat();
                        self.piece(&self.ends(&layer, engine, batch), &message);
                    }
                    _ => {}
                }
            }
        }
        for tapped in engine.tapped().iter().filter(|_| kind == Kind::Tcp) {
            let layer = dissection.layer(tapped.layer, batch.data);
            if self.number(&layer, "tcp.stream") == Some(number) {
                self.piece(&self.ends(&layer, engine, batch), tapped.bytes(dissection, batch.data));
            }
        }
    }

    /// Sees a frame of a conversation.
    fn see(&mut self, stream: Option<u64>, layer: &LayerView<'_>, answers: bool, engine: &Engine, batch: &Batch<'_>) {
        let Some(stream) = stream else { return };
        self.seen = self.seen.max(stream + 1);
        if stream == self.args.which.number && self.ends.is_none() {
            let [from, to] = self.ends(layer, engine, batch);
            let ends = if answers { [to, from] } else { [from, to] };
            if self.args.form != Form::Raw {
                self.out.extend_from_slice(format!("client {}\nserver {}\n\n", ends[0], ends[1]).as_bytes());
            }
            self.ends = Some(ends);
        }
    }

    /// The value of a number among a layer's fields.
    fn number(&self, layer: &LayerView<'_>, name: &str) -> Option<u64> {
        layer.fields(self.registry.protocol(layer.protocol())).find_map(|word| match word {
            Word::Field { field, value, .. } if field.name == name => match value.get() {
                Value::Uint(n) => Some(n),
                _ => None,
            },
            _ => None,
        })
    }

    /// The value of bytes among a layer's fields.
    fn bytes<'d>(&self, layer: &LayerView<'d>, name: &str) -> Option<&'d [u8]> {
        layer.fields(self.registry.protocol(layer.protocol())).find_map(|word| match word {
            Word::Field { field, value, .. } if field.name == name => match value.get() {
                Value::Bytes(bytes) => Some(bytes),
                _ => None,
            },
            _ => None,
        })
    }

    /// Sender and receiver, with their ports, from the layers around this one.
    fn ends(&self, layer: &LayerView<'_>, engine: &Engine, batch: &Batch<'_>) -> [String; 2] {
        let mut ends = [String::new(), String::new()];
        let mut ports = [String::new(), String::new()];
        let mut at = Some(layer.id());
        while let Some(id) = at {
            let layer = engine.dissection().layer(id, batch.data);
            for word in layer.fields(self.registry.protocol(layer.protocol())) {
                let Word::Field { field, value, .. } = word else { continue };
                let slot = match &*field.name {
                    "tcp.srcport" | "udp.srcport" => &mut ports[0],
                    "tcp.dstport" | "udp.dstport" => &mut ports[1],
                    "ip.src" | "ipv6.src" => &mut ends[0],
                    "ip.dst" | "ipv6.dst" => &mut ends[1],
                    _ => continue,
                };
                if slot.is_empty() {
                    let mut text = Vec::new();
                    write_value(field, value.get(), &mut text);
                    *slot = String::from_utf8_lossy(&text).into_owned();
                }
            }
            if !ends[0].is_empty() {
                break;
            }
            at = layer.parent();
        }
        let [from, to] = ends;
        let name = |host: String, port: &str| {
            if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
        };
        [name(from, &ports[0]), name(to, &ports[1])]
    }

    /// Writes some bytes that one side has sent.
    fn piece(&mut self, ends: &[String; 2], bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let raw = self.args.form == Form::Raw;
        let is_client = self.ends.as_ref().is_some_and(|[client, _]| *client == ends[0]);
        let side = if is_client { Side::Client } else { Side::Server };
        if self.args.only_from.is_some_and(|only| only != side) {
            return;
        }
        if !raw {
            let who = if is_client { "client" } else { "server" };
            self.out.extend_from_slice(format!("--- {who}, {} bytes\n", bytes.len()).as_bytes());
        }
        match self.args.form {
            Form::Raw => self.out.extend_from_slice(bytes),
            Form::Hex => write_hex_dump(bytes, &mut self.out),
            Form::Text => {
                // What could move a terminal's cursor is a dot.
                let shown = |byte: &u8| {
                    if (0x20..0x7f).contains(byte) || *byte == b'\n' || *byte == b'\t' { *byte } else { b'.' }
                };
                let text = bytes.iter().filter(|byte| **byte != b'\r').map(shown);
                let mut last = b'\n';
                for byte in text {
                    self.out.push(byte);
                    last = byte;
                }
                if last != b'\n' {
                    self.out.push(b'\n');
                }
            }
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(&self.out)?;
        self.out.clear();
        stdout.flush()
    }
}
