//! Handles of fields for tables that say which field a code stands for.

use prosector_sdk::handle::{Handle, Variable};

/// The same field, whatever the type of its value.
pub const fn any<T>(field: Handle<T>) -> Handle<Variable> {
    let Handle { id, width, little_endian, mask, scale, fixed, parts, .. } = field;
    Handle { id, width, little_endian, mask, scale, fixed, parts, value: std::marker::PhantomData }
}
