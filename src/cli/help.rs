//! What `--help` teaches beside the options: examples and exit codes.

pub(super) const EXAMPLES: &str = "\
Examples:
  switchboard                                     serve by ./config.yaml, or by the built-in config
  switchboard --config my.yaml --data /var/lib/switchboard
  SWITCHBOARD_SERVER__PORT=9000 switchboard       one key from the environment
  switchboard check my.yaml                       tell all that is wrong, start nothing
  switchboard schema > config.schema.json         let an editor complete the config
  switchboard graph my.yaml                       draw the graphs of its workflows
  switchboard sandbox                             a marketplace to try tools with, without an account
  switchboard backup copy.db                      copy the SQLite database while the server runs
  switchboard restore copy.db                     put it back; --help says what that means for clients

Environment:
  SWITCHBOARD_SECTION__KEY=VALUE sets any key of the config, over the file: SWITCHBOARD_DATABASE__URL,
  SWITCHBOARD_ADMIN__TOKEN, SWITCHBOARD_LIMITS__DRAIN_TIMEOUT=1m, SWITCHBOARD_AGENTS__PRICING_AGENT__ENABLED=false.
  Lists and mappings are written as YAML: SWITCHBOARD_SERVER__CORS_ORIGINS='[https://app.example.com]'.

Exit codes:
  0    done, or stopped as asked
  1    it failed while it ran
  2    the command line or the config is wrong
  69   the port or the database cannot be had
  70   what everything stands on was given up: start it again
  71   the system refused threads or files
  73   the data folder cannot be used, or another process holds it
  74   stopped as asked, but the database took no writes until the end
  143  told twice to stop: left at once";

pub(super) const CHECK_HELP: &str = "\
All errors come at once, each with file, line, column and the rule; the environment is read as `serve` reads it,
references to secrets included. At a terminal the lines are shown, else each error is one line.

Exit codes:
  0  the config is good; warnings may have been printed
  2  it is not";

pub(super) const SCHEMA_HELP: &str = "\
Example:
  switchboard schema > config.schema.json
The first line of config.yaml then tells an editor where it is: # yaml-language-server: $schema=config.schema.json";

pub(super) const GRAPH_HELP: &str = "\
Examples:
  switchboard graph my.yaml --agent seller > seller.mmd    one graph: Mermaid alone
  switchboard graph my.yaml > graphs.md                    several: Markdown, each under the id of its agent
  switchboard graph steps.yaml                             a file with one graph, `start` and `nodes` at its top

Boxes are steps, with the word for what they do; slanted ones ask the user, hexagons wait for an approval, rounded ones ask
a model. Thick arrows are branches that run side by side, dotted ones lead into a graph within. What is wrong is told as
`switchboard check` tells it, with file, line and column; secrets that a config refers to need not be there. In a file with
one graph the names of tools, agents and functions are not checked: only a config says which there are.

Exit codes:
  0  printed
  2  the command line, the config or a graph is wrong, or there is no graph";

pub(super) const SANDBOX_HELP: &str = "\
Examples:
  switchboard sandbox                             on port 18090, with the marketplace's own limits
  switchboard sandbox --limit-interval-percent 0 --work-delay 0s
What it keeps is in memory and gone when it ends. A server needs none: by default its tools have a sandbox of their own, which
`sandbox:` in the config sets. To share this one, name its address at the tool: `base_url: \"http://127.0.0.1:18090\"`.

Exit codes:
  0   stopped as asked
  2   the command line is wrong
  69  the port cannot be had
  71  the system refused threads or files";

pub(super) const BACKUP_HELP: &str = "\
Example:
  switchboard backup /backups/chat-$(date +%F).db
The copy is the database at one moment, in one file. PostgreSQL has `pg_dump`.

Exit codes:
  0   done
  1   FILE is there already, or cannot be written
  2   the command line or the config is wrong, or the database is not SQLite
  69  the database cannot be read";

pub(super) const RESTORE_HELP: &str = "\
Examples:
  switchboard restore /backups/chat-2026-11-28.db   SQLite: FILE is checked, copied and put in the place of the database
  switchboard restore --epochs-only                 after `pg_restore`, or after a file was put there by hand

Stop the server first: while one holds the data folder nothing is done. What was stored since the backup is gone, so clients
may know events that are not there, whose numbers others will get. With a new epoch they are told so (`epoch_mismatch`) and
get a snapshot. The database that was there is kept beside it, under a name that is said. Conversations that were erased since
the backup are there again: erase them again. On PostgreSQL see to it yourself that no server runs on the database.

Exit codes:
  0   done
  1   a file cannot be read or written
  2   the command line or the config is wrong, FILE is the database itself, or the database is not SQLite
  65  FILE is no database of switchboard, is damaged, or is of a newer switchboard
  69  the database cannot be had
  73  the data folder cannot be used, or a server that runs holds it";
