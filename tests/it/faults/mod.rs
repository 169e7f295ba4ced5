mod cut;
mod silent;
mod writer;
