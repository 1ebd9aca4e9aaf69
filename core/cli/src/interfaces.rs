//! `prosector interfaces`.

use crate::{Failure, link_name, print};
use clap::Args;
use prosector_capture::live::{Device, devices};
use prosector_engine::link_type_name;
use serde_json::json;

/// List the interfaces that can be captured from, and why others can't.
#[derive(Args)]
pub(crate) struct InterfacesArgs {
    /// As JSON, one array
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &InterfacesArgs) -> Result<(), Failure> {
    let devices = devices().map_err(Failure::input)?;
    if args.json {
        let rows: Vec<serde_json::Value> = devices.iter().map(object).collect();
        return print(&format!("{:#}\n", serde_json::Value::Array(rows)));
    }
    let mut text = String::new();
    for device in &devices {
        let probe = device.probe();
        let state = state(device, probe.is_ok()).join(", ");
        let link = match probe {
            Ok(link) => link_name(link),
            Err(why) => format!("cannot be opened: {why}"),
        };
        let description = device.description.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
        text += &format!("{}{description}: {state}{}{link}\n", device.name, if state.is_empty() { "" } else { "; " });
        device.addresses.iter().for_each(|address| text += &format!("  {address}\n"));
    }
    print(if text.is_empty() { "there are no interfaces\n" } else { &text })
}

fn state(device: &Device, opens: bool) -> Vec<&'static str> {
    let mut words = Vec::new();
    words.extend(match (device.up, device.running) {
        (false, _) if opens => None, // what is no network device, like nflog, is never up
        (false, _) => Some("down"),
        (true, false) => Some("up, no connection"),
        (true, true) => Some("up"),
    });
    words.extend(device.loopback.then_some("loopback"));
    words.extend(device.wireless.then_some("wireless"));
    words
}

fn object(device: &Device) -> serde_json::Value {
    let (link, problem) = match device.probe() {
        Ok(link) => (Some(link), None),
        Err(why) => (None, Some(why)),
    };
    json!({
        "name": device.name,
        "description": device.description,
        "addresses": device.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "up": device.up,
        "running": device.running,
        "loopback": device.loopback,
        "wireless": device.wireless,
        "link_type": link.map(|link| link.0),
        "link_type_name": link.map(link_type_name),
        "problem": problem,
    })
}
