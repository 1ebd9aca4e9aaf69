//! What the two values of a flag are called, where "true" and "false" would say little.

use prosector_sdk::value_names;

value_names! { SUPPORTED { 0 "Not supported", 1 "Supported" } }
value_names! { CAPABLE { 0 "Not capable", 1 "Capable" } }
value_names! { ENABLED { 0 "Disabled", 1 "Enabled" } }
value_names! { PRESENCE { 0 "Absent", 1 "Present" } }
value_names! { KNOWN { 0 "Unknown", 1 "Known" } }
value_names! { ON { 0 "Off", 1 "On" } }
