//! A scheduler as it is seen from outside: what it answers, the files for those who watch it, its log and its traces.

mod files;
mod http;
mod logs;
mod promtool;
mod served;
mod traces;
mod watched;
