//! The only place that forgets the type of a stream's records, and finds it again.

