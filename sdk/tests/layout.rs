//! A struct as a whole dissector.

use prosector_sdk::prelude::*;

/// Report of a weather station.
#[derive(Layout)]
#[layout(weather "Weather report"
    claims { udp.port = 4713 }
    info "{station}: {temperature} °C, {sky}, {remark}")]
pub struct Weather {
    /// Which of our stations sent it.
    #[field("Station")]
    station: u16,
    #[field(i16 le / 10 "Temperature" unit "°C")]
    temperature: f64,
    #[field(u8 - 40 "Dew point" unit "°C")]
    dew_point: f64,
    #[field("Sky" = { 0 "clear", 1 "cloudy" })]
    sky: u8,
    #[field(hex "State" { calibrated: 0x80 "Calibrated", level: 0x0f "Battery" unit "%" })]
    state: u8,
    #[field(mac "Sender" source)]
    sender: [u8; 6],
    #[field(u24 "Height" unit "m")]
    height: u32,
    #[field(time_ms(u48) "Measured")]
    measured: u64,
    #[field("Key")]
    key: [u8; 2],
    #[field(str "Remark")]
    remark: Rest,
}

#[test]
fn a_report() {
    check::<Weather>(
        "0007 fd00 3c 01 85 020000000001 0003e8 018bcfe56800 abcd 6f6b",
        expect![[r#"
            Weather report, Src: 02:00:00:00:00:01, 7: 25.3 °C, cloudy, ok
              Station: 7
              Temperature: 25.3 °C
              Dew point: 20 °C
              Sky: cloudy (1)
              State: 0x85
                1... .... = Calibrated: True
                .... 0101 = Battery: 5 %
              Sender: 02:00:00:00:00:01
              Height: 1000 m
              Measured: Nov 14, 2023 22:13:20.000000000 UTC
              Key: abcd
              Remark: ok
        "#]],
    );
    check::<Weather>(
        "0007 ffff 00",
        expect![[r#"
        Weather report
          Station: 7
          Temperature: -0.1 °C
          Dew point: -40 °C
          [error] short: weather.sky needs 1 bytes at offset 5, 0 are there
    "#]],
    );
}

/// A shim in front of something else.
#[derive(Layout)]
#[layout(shim "Shim" claims { ethertype = 0x9999 } tables { NEXT: "ethertype" } payload NEXT = kind)]
pub struct Shim {
    #[field("Zone")]
    zone: u16,
    #[field(hex "Type")]
    kind: u16,
}

#[test]
fn what_is_behind_a_layout_is_handed_on() {
    check::<Shim>(
        "0001 0800 4500",
        expect![[r#"
        Shim
          Zone: 1
          Type: 0x0800
        → ethertype [2048]: bytes 4..6
    "#]],
    );
}

#[test]
fn a_description_is_the_comment() {
    assert_eq!(Weather::PROTOCOL.description, "Report of a weather station.");
    assert_eq!(Weather::PROTOCOL.fields[0].description, "Which of our stations sent it.");
    assert_eq!(Weather::PROTOCOL.fields[0].name, "weather.station");
}
