//! A capture that runs: its threads, its queues, its counters.

use super::Live;
use super::devices::{Port, devices, text};
use super::packets::Packets;
use super::queue::{Queue, Taken};
use crate::pcapng::STATISTICS;
use crate::write::options;
use crate::{Block, Encoder, Error, Format, Frames, Progress, Recorder, Section};
use prosector_sdk::frame::{Batch, BlockOption, Frame, Interface, LinkType};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Frames that go on together at most, and bytes. At low rates it is what is there.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 1 << 20;
/// Frames that are taken from one interface before the next has its turn.
const TURN: usize = 64;
/// What may wait to be written, and to be shown, in bytes.
const TO_WRITE: usize = 128 << 20;
const TO_SHOW: usize = 64 << 20;
/// Buffers that are kept to be used again.
const SPARE: usize = 16;
/// How often commands and ends are looked for, and counters and the state of interfaces.
const TICK: Duration = Duration::from_millis(100);
const LOOK: Duration = Duration::from_secs(1);

/// When a capture ends by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// After so many frames.
    pub frames: Option<u64>,
    /// After so long.
    pub duration: Option<Duration>,
}

impl Limits {
    /// How many frames are still wanted after so many.
    fn left(&self, count: u64) -> u64 {
        self.frames.map_or(u64::MAX, |limit| limit.saturating_sub(count))
    }
}

/// What others ask of a running capture; signals may set these.
#[derive(Clone, Debug, Default)]
pub struct Controls {
    /// To end.
    pub stop: Arc<AtomicBool>,
    /// To tell the counters.
    pub report: Arc<AtomicBool>,
}

/// What became of an interface's frames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// The interface.
    pub name: String,
    /// Frames captured.
    pub received: u64,
    /// Frames that the kernel dropped because its buffer was full.
    pub dropped_by_kernel: u64,
    /// Frames that the interface or its driver dropped.
    pub dropped_by_interface: u64,
    /// Frames captured, and written if there is a file, that are not shown, because showing could not keep up.
    pub not_shown: u64,
}

/// How a capture ended.
#[derive(Debug)]
pub struct Totals {
    /// Of each interface.
    pub counters: Vec<Counters>,
    /// Frames written and files begun, if there was a file to write.
    pub written: Option<(u64, u64)>,
    /// Something ended early, and it was told.
    pub failed: bool,
}

/// Tells people something about a running capture.
pub type Tell = Box<dyn Fn(&str) + Send + Sync>;

#[derive(Default)]
struct Counts {
    received: AtomicU64,
    by_kernel: AtomicU64,
    by_interface: AtomicU64,
    not_shown: AtomicU64,
}

/// What is to be done with the frames of a capture.
pub struct Plan {
    /// What they are written into.
    pub recorder: Option<Recorder>,
    /// They are to be shown.
    pub show: bool,
    /// When the capture ends by itself.
    pub limits: Limits,
    /// What others ask of it.
    pub controls: Controls,
    /// How often the counters are told.
    pub report_every: Option<Duration>,
    /// Who tells.
    pub tell: Tell,
    /// What the thread that takes frames does first.
    pub before_taking: fn(),
}

/// What the threads share.
struct Shared {
    names: Vec<String>,
    counts: Vec<Counts>,
    controls: Controls,
    /// Buffers to be used again.
    spare: Mutex<Vec<Packets>>,
    to_show: Option<Queue<Packets>>,
    failed: AtomicBool,
    tell: Tell,
    /// It was told that something is not shown.
    told_not_shown: AtomicBool,
}

impl Shared {
    fn stop(&self) {
        self.controls.stop.store(true, Relaxed);
    }

    /// Tells of a failure at once. That nobody reads what is written any more is none.
    fn fail(&self, error: &Error) {
        if matches!(error, Error::Write { cause, .. } if cause.kind() == ErrorKind::BrokenPipe) {
            return;
        }
        (self.tell)(&error.to_string());
        self.failed.store(true, Relaxed);
    }

    fn spare(&self) -> Packets {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn recycle(&self, mut packets: Packets) {
        packets.clear();
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.len() < SPARE && packets.size() <= 4 * BATCH_BYTES {
            spare.push(packets);
        }
    }

    /// Hands frames to whoever shows them: the one place where this program drops frames.
    fn show(&self, packets: Packets) {
        let Some(queue) = &self.to_show else { return self.recycle(packets) };
        let size = packets.size();
        if let Err(packets) = queue.put(packets, size, Duration::ZERO) {
            if queue.is_deserted() {
                return; // nobody wants to see more
            }
            for frame in &packets.frames {
                self.counts[frame.interface.unwrap_or(0) as usize].not_shown.fetch_add(1, Relaxed);
            }
            if !self.controls.stop.load(Relaxed) && !self.told_not_shown.swap(true, Relaxed) {
                (self.tell)("frames come faster than they can be shown: some are not shown, and counted");
            }
            self.recycle(packets);
        }
    }

    fn counters(&self) -> Vec<Counters> {
        let counters = self.names.iter().zip(&self.counts).map(|(name, counts)| Counters {
            name: name.clone(),
            received: counts.received.load(Relaxed),
            dropped_by_kernel: counts.by_kernel.load(Relaxed),
            dropped_by_interface: counts.by_interface.load(Relaxed),
            not_shown: counts.not_shown.load(Relaxed),
        });
        counters.collect()
    }
}

/// A capture that runs.
pub struct Session {
    shared: Arc<Shared>,
    capture: JoinHandle<()>,
    writer: Option<JoinHandle<Recorder>>,
}

impl Session {
    /// What a file of these interfaces begins with.
    ///
    /// # Errors
    /// [`Error::Call`]: pcap can't hold several link types.
    pub fn head(live: &Live, format: Format) -> Result<Vec<u8>, Error> {
        let (encoder, mut head) = (Encoder { format }, Vec::new());
        let first = live.interfaces().first().map_or(LinkType(1), |interface| interface.link);
        if format != Format::Pcapng
            && let Some(other) = live.interfaces().iter().find(|interface| interface.link != first)
        {
            let name = other.name.as_deref().unwrap_or_default();
            return Err(Error::Call(format!(
                "pcap holds frames of one link type; that of {name} is {}, that of the first interface {}; pcapng holds both",
                other.link.0, first.0
            )));
        }
        let snaplen = live.interfaces().first().map_or(0, |interface| interface.snaplen);
        encoder.start(&Section::own(), first, None, snaplen, &mut head);
        live.interfaces().iter().for_each(|interface| encoder.interface(interface, &mut head));
        Ok(head)
    }

    /// Begins to capture. The frames that are to be shown come out of what is returned with it.
    pub fn start(live: Live, plan: Plan) -> (Session, Option<Shown>) {
        let Plan { recorder, show, limits, controls, report_every, tell, before_taking } = plan;
        let shared = Arc::new(Shared {
            names: live.ports.iter().map(|port| port.name.clone()).collect(),
            counts: live.ports.iter().map(|_| Counts::default()).collect(),
            controls,
            spare: Mutex::default(),
            to_show: show.then(|| Queue::new(TO_SHOW)),
            failed: AtomicBool::new(false),
            tell,
            told_not_shown: AtomicBool::new(false),
        });
        // Frames are taken as the records that are written; if none are, any form will do.
        let format = recorder.as_ref().map_or(Format::Pcapng, Recorder::format);
        let to_write = recorder.is_some().then(|| Arc::new(Queue::new(TO_WRITE)));
        let writer = recorder.zip(to_write.clone()).map(|(recorder, queue)| {
            let shared = shared.clone();
            thread::spawn(move || write(recorder, &queue, &shared))
        });
        let interfaces: Arc<[Interface]> = live.interfaces.into();
        let none = Packets { interfaces: interfaces.clone(), ..Packets::default() };
        let shown = show.then(|| Shown { shared: shared.clone(), current: none });
        let taker = Taker {
            interfaces,
            ports: live.ports,
            shared: shared.clone(),
            to_write,
            format,
            limits,
            report_every,
            count: 0,
            waiting: None,
        };
        let capture = thread::spawn(move || {
            before_taking();
            taker.run();
        });
        (Session { shared, capture, writer }, shown)
    }

    /// Waits for the end.
    pub fn join(self) -> Totals {
        let joined = |panic| -> ! { std::panic::resume_unwind(panic) };
        self.capture.join().unwrap_or_else(|panic| joined(panic));
        let recorder = self.writer.map(|writer| writer.join().unwrap_or_else(|panic| joined(panic)));
        let written = recorder.map(|recorder| recorder.written());
        Totals { counters: self.shared.counters(), written, failed: self.shared.failed.load(Relaxed) }
    }
}

/// The frames that are to be shown, as they come.
pub struct Shown {
    shared: Arc<Shared>,
    current: Packets,
}

impl Frames for Shown {
    /// Waits for frames; none when the capture has ended. A batch is what was taken together.
    fn next_batch(&mut self, _max: usize) -> Result<Batch<'_>, Error> {
        match self.shared.to_show.as_ref().and_then(Queue::take) {
            Some(packets) => self.shared.recycle(std::mem::replace(&mut self.current, packets)),
            None => self.current.clear(),
        }
        Ok(self.current.batch())
    }

    fn is_ready(&self) -> bool {
        self.shared.to_show.as_ref().is_none_or(Queue::is_ready)
    }

    fn progress(&self) -> Progress {
        Progress { read: 0, size: None }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(queue) = &self.shared.to_show {
            queue.desert();
        }
    }
}

/// Takes frames from interfaces.
struct Taker {
    ports: Vec<Port>,
    interfaces: Arc<[Interface]>,
    shared: Arc<Shared>,
    to_write: Option<Arc<Queue<Packets>>>,
    format: Format,
    limits: Limits,
    report_every: Option<Duration>,
    /// Frames taken so far.
    count: u64,
    /// Frames for which the writer has no room yet. No more are taken before them.
    waiting: Option<Packets>,
}

/// However a thread ends, those behind it learn that nothing more comes, and those before it that nobody takes more.
struct Ends<'a> {
    shared: &'a Shared,
    to_write: Option<&'a Queue<Packets>>,
    /// It is the one that shows are waiting for.
    last: bool,
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        match self.to_write {
            Some(queue) if self.last => queue.desert(),
            Some(queue) => queue.end(),
            None => {}
        }
        if self.last {
            self.shared.stop();
            self.shared.to_show.iter().for_each(Queue::end);
        }
    }
}

impl Taker {
    fn run(mut self) {
        let (shared, to_write) = (self.shared.clone(), self.to_write.clone());
        let _ends = Ends { shared: &shared, to_write: to_write.as_deref(), last: to_write.is_none() };
        let started = Instant::now();
        let (mut looked, mut reported) = (started, started);
        let mut seen = self.shared.counters();
        while self.goes_on() {
            let rest = self.limits.duration.map_or(TICK, |duration| duration.saturating_sub(started.elapsed()));
            if rest.is_zero() {
                break;
            }
            if self.waiting.is_none() {
                self.wait(rest.min(TICK));
                self.take_batch();
            } else {
                self.pass_on(rest.min(TICK));
            }
            let asked = self.shared.controls.report.swap(false, Relaxed);
            let due = self.report_every.is_some_and(|every| reported.elapsed() >= every);
            let look = looked.elapsed() >= LOOK;
            if asked || due || look {
                self.count_drops();
            }
            if look {
                looked = Instant::now();
                self.look_at_interfaces(&mut seen);
            }
            if asked || due {
                reported = Instant::now();
                self.shared.counters().iter().for_each(|counters| (self.shared.tell)(&counters.to_string()));
            }
        }
        // What came before the end and is still in the kernel's buffer belongs to the capture.
        self.pass_on(Duration::MAX);
        let ended = Instant::now();
        while ended.elapsed() < LOOK && self.left() > 0 && self.take_batch() {
            self.pass_on(Duration::MAX);
        }
        self.count_drops();
    }

    fn goes_on(&self) -> bool {
        !self.shared.controls.stop.load(Relaxed) && self.left() > 0 && self.ports.iter().any(|port| !port.ended)
    }

    /// Takes what there is, up to a batch, and passes it on. Says whether there was anything.
    fn take_batch(&mut self) -> bool {
        let mut packets = self.shared.spare();
        packets.interfaces = self.interfaces.clone();
        while packets.frames.len() < BATCH
            && packets.data.len() < BATCH_BYTES
            && self.left() > 0
            && self.take(&mut packets)
        {}
        let some = !packets.frames.is_empty();
        if some {
            self.waiting = Some(packets);
            self.pass_on(Duration::ZERO);
        } else {
            self.shared.recycle(packets);
        }
        some
    }

    /// How many frames are still wanted.
    fn left(&self) -> u64 {
        self.limits.left(self.count)
    }

    /// Waits until there are frames, but not for longer.
    fn wait(&self, time: Duration) {
        let ports = self.ports.iter().filter(|port| !port.ended);
        let mut fds: Vec<PollFd<'_>> = ports.map(|port| PollFd::new(&port.capture, PollFlags::IN)).collect();
        let time = Timespec { tv_sec: time.as_secs() as i64, tv_nsec: time.subsec_nanos().into() };
        // A signal ends it early, which is no harm.
        let _ = poll(&mut fds, Some(&time));
    }

    /// Takes what there is, some of each interface. Says whether there was anything.
    fn take(&mut self, packets: &mut Packets) -> bool {
        let before = packets.frames.len();
        for (id, port) in self.ports.iter_mut().enumerate().filter(|(_, port)| !port.ended) {
            let max = self.limits.left(self.count).min(TURN as u64) as usize;
            let (link, unit, format, count) = (port.link, port.unit, self.format, &mut self.count);
            let before = packets.frames.len();
            let done = port.capture.dispatch(Some(max), |packet| {
                *count += 1;
                let header = packet.header;
                let frame = Frame {
                    number: *count,
                    time: header.ts.tv_sec * 1_000_000_000 + header.ts.tv_usec * unit,
                    start: 0,
                    len: packet.data.len() as u32,
                    wire_len: header.len.max(packet.data.len() as u32),
                    link,
                    fcs_len: None,
                    interface: Some(id as u32),
                    extra: None,
                };
                packets.push(format, frame, packet.data);
            });
            let taken = (packets.frames.len() - before) as u64;
            self.shared.counts[id].received.fetch_add(taken, Relaxed);
            // Of nflog and its like, that nothing is there is an error.
            let nothing = |error: &pcap::Error| text(error).ends_with("Resource temporarily unavailable");
            if let Err(error) = done
                && !nothing(&error)
            {
                port.ended = true;
                let problem = format!("capture ends: {}", text(&error));
                self.shared.fail(&Error::Interface { name: port.name.clone(), problem });
            }
        }
        packets.frames.len() > before
    }

    /// Passes on what waits, and waits so long for room itself.
    fn pass_on(&mut self, time: Duration) {
        let Some(packets) = self.waiting.take() else { return };
        let Some(queue) = &self.to_write else { return self.shared.show(packets) };
        let size = packets.size();
        if let Err(packets) = queue.put(packets, size, time) {
            // Where writing has ended, the writer says why.
            self.waiting = Some(packets).filter(|_| !queue.is_deserted());
        }
    }

    /// Asks the kernel what it has dropped.
    fn count_drops(&mut self) {
        for (port, counts) in self.ports.iter_mut().zip(&self.shared.counts).filter(|(port, _)| !port.ended) {
            let Ok(stats) = port.capture.stats() else { continue };
            let now = [stats.dropped, stats.if_dropped];
            let [kernel, interface] = [0, 1].map(|i| u64::from(now[i].wrapping_sub(port.dropped[i])));
            port.dropped = now;
            if kernel > 0 && counts.by_kernel.load(Relaxed) == 0 {
                (self.shared.tell)(&format!(
                    "{}: the kernel drops frames, its buffer is full; -B makes it larger",
                    port.name
                ));
            }
            counts.by_kernel.fetch_add(kernel, Relaxed);
            counts.by_interface.fetch_add(interface, Relaxed);
        }
    }

    /// Tells of interfaces that went down or came back. Those from which something has come since are up.
    fn look_at_interfaces(&mut self, seen: &mut Vec<Counters>) {
        let now = self.shared.counters();
        let quiet = |i: usize| now[i].received == seen[i].received;
        // Only to ask for those that are silent: the list costs some milliseconds.
        let known = if (0..now.len()).any(quiet) { devices().unwrap_or_default() } else { Vec::new() };
        for (i, port) in self.ports.iter_mut().enumerate().filter(|(_, port)| !port.ended) {
            let device = known.iter().find(|device| device.name == port.name);
            let up = if quiet(i) { device.map_or(port.up, |device| device.up) } else { true };
            if up != port.up {
                port.up = up;
                let text = if up { "is up again" } else { "is down; waiting for it to come back" };
                (self.shared.tell)(&format!("{}: {text}", port.name));
            }
        }
        *seen = now;
    }
}

/// Writes what comes, and hands it to whoever shows it.
fn write(mut recorder: Recorder, queue: &Queue<Packets>, shared: &Shared) -> Recorder {
    let _ends = Ends { shared, to_write: Some(queue), last: true };
    let mut outcome = Ok(true);
    while let Ok(true) = outcome {
        outcome = match queue.take_within(LOOK) {
            Taken::Item(mut packets) => {
                let (before, _) = recorder.written();
                let outcome = recorder.write(&packets.data);
                // What is behind the end of the file is not shown either.
                packets.frames.truncate((recorder.written().0 - before) as usize);
                shared.show(packets);
                outcome
            }
            Taken::Nothing => recorder.look().map(|()| true),
            Taken::End => break,
        };
    }
    shared.stop();
    let last = if recorder.format() == Format::Pcapng { statistics(&shared.counters()) } else { Vec::new() };
    if let Err(error) = outcome.and_then(|_| recorder.finish(&last)) {
        shared.fail(&error);
    }
    recorder
}

/// Interface Statistics Blocks (draft-ietf-opsawg-pcapng, section 4.6), with which a file of ours ends.
fn statistics(counters: &[Counters]) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64);
    let mut out = Vec::new();
    for (id, of) in counters.iter().enumerate() {
        let mut body = Vec::new();
        for number in [id as u32, (now >> 32) as u32, now as u32] {
            body.extend_from_slice(&number.to_le_bytes());
        }
        // isb_ifrecv, isb_ifdrop, isb_osdrop, isb_usrdeliv
        let numbers = [
            (4, of.received + of.dropped_by_kernel),
            (5, of.dropped_by_interface),
            (7, of.dropped_by_kernel),
            (8, of.received),
        ];
        let numbers = numbers.map(|(code, number)| BlockOption { code, value: number.to_le_bytes().to_vec() });
        options(&numbers, &mut body);
        Encoder { format: Format::Pcapng }
            .block(&Block { kind: STATISTICS, body, interface: Some(id as u32), section: 1, after: 0 }, &mut out);
    }
    out
}

impl std::fmt::Display for Counters {
    /// `eth0: 10 frames received, 0 dropped by the kernel`, and what else was dropped, if anything was.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: {} frames received, {} dropped by the kernel",
            self.name, self.received, self.dropped_by_kernel
        )?;
        if self.dropped_by_interface > 0 {
            write!(f, ", {} dropped by the interface", self.dropped_by_interface)?;
        }
        if self.not_shown > 0 {
            write!(f, ", {} not shown (dropped by prosector, which could not keep up)", self.not_shown)?;
        }
        Ok(())
    }
}
