//! What a client, an operator or an agent author sees, tried from outside.

mod layers;
