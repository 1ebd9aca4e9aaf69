//! The test plugin as a native library.

prosector_sdk::export_native!(prosector_every::Every, prosector_every::Tally, prosector_every::Talk);
