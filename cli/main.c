// The program: finds the command, reads its options and runs it.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "decompose/decompose.h"

#define MODELS "MODEL|SUITE..."
#define MODELS_DETAILS                                                                             \
    "MODEL is an ONNX file or some of the project's own networks as zoo:NAME, NAME a network, "    \
    "family, task, list or all of `dlbricks zoo list`; SUITE is "                                  \
    "what `dlbricks decompose` wrote, - reads one from standard input."

static const struct command commands[] = {
    {"decompose", MODELS, 1, -1, "-o --anonymous --key --dim -G --json --csv", false, cmd_decompose,
     "Splits models into unique bricks and writes them as a suite.",
     MODELS_DETAILS
     " Without -o only the summary is shown; with -o - the suite goes to standard "
     "output and the summary to standard error. --anonymous leaves names, order "
     "and connections out, and --key FILE keeps them for predict --key FILE. What "
     "remains: each brick's operators and shapes, how often it is used, and at which "
     "footprint; models of unlike footprint can be told apart by it, unless the "
     "file has others as large (decompose SUITE DECOYS --anonymous)."},
    {"bench", MODELS, 1, -1,
     "--choose --dry-run --budget --shard --only... --only-missing --noisy --older-than "
     "--footprint --cache "
     "--label --threads --isa --dim -G --json --csv",
     true, cmd_bench, "Times the bricks that the bench-cache lacks on this CPU.",
     MODELS_DETAILS
     " brick:TEXT is one brick, by its canonical text. May be interrupted with Ctrl-C and run "
     "again: what was measured is kept. --only-missing, --noisy and --older-than may be combined; "
     "without them all bricks are timed that are missing, stale or noisy. Exit status 4 if the "
     "budget ended before the work."},
    {"predict", MODELS, 1, -1,
     "--machine --baseline --fail-above --max-ms --measured-only --stale --lent --cache --key "
     "--threads --isa --dim -G --json --csv",
     true, cmd_predict, "Predicts the latency of models from the bench-cache alone.",
     MODELS_DETAILS
     " The time of each step is shown for a single model on a single machine; --json "
     "and --csv hold it for all. Bricks that were not timed are estimated from those that were, "
     "here and on other machines, and marked."},
    {"compare", MODELS, 1, -1,
     "--machine --measured-only --stale --lent --cache --key --threads... --isa... --dim -G --json "
     "--csv",
     false, cmd_compare, "Compares the latency of models on several machines of the bench-cache.",
     MODELS_DETAILS " Machines, thread counts and instruction sets are those of the cache, or of "
                    "them those that --machine, --threads and --isa name. The first is the "
                    "baseline of all ratios."},
    {"validate", MODELS, 1, -1,
     "--from-cache --hot --gap --cache --label --threads... --batch... --isa... --max-error --svg "
     "--dim -G... --json --csv",
     true, cmd_validate,
     "Measures whole models beside their bricks and shows the prediction's error.",
     MODELS_DETAILS " Several --threads, --batch, --isa and -G are validated in all "
                    "combinations. "
                    "--max-error tests the models of 1 ms and more, or all if there are none. "
                    "Models are measured as `profile` does it; the range of a measured median is "
                    "over visits, as the runs of one visit are not independent."},
    {"profile", "MODEL|SUITE", 1, 1,
     "--trace --cache --threads --batch --isa --dim -G --json --csv", true, cmd_profile,
     "Runs one whole model: its latency, memory and the time of each step.",
     MODELS_DETAILS " The machine's limits are measured once and kept in the cache."},
    {"inspect", MODELS, 1, -1, "--bricks --diff --cache --dim -G --json --csv", false, cmd_inspect,
     "Shows what models consist of and share: shapes, work, memory, operators, bricks.",
     MODELS_DETAILS " Of several models it shows what they share and what each adds to timing "
                    "those before it. With --diff there are two arguments."},
    {"why", "MODEL|SUITE|BRICK [MODEL|SUITE...]", 1, -1,
     "--cache --threads --isa --dim -G --json --csv", true, cmd_why,
     "Says why bricks are new or records of them are not used.",
     MODELS_DETAILS " BRICK is a signature or its first digits, four at least: then all records of "
                    "it are shown, what each differs in, and where it occurs in the models. "
                    "Without one the bricks of the models are shown that have no usable record."},
    {"check", MODELS, 1, -1, "--cache --threads --isa --dim -G --json --csv", true, cmd_check,
     "Compares each unique brick with plain reference code on random data.",
     MODELS_DETAILS " Exit status 1 if one differs."},
    {"zoo list", "[NAME...]", 0, -1, "--json --csv", false, cmd_zoo_list,
     "Lists the networks that the project itself brings.",
     "NAME is a network, a family, a task or a list (dlbricks50, modern). table 1 is that of "
     "DLBricks, arXiv 1911.07967. --json and --csv also hold the lists that a network is in, where "
     "its figures are published, and how it deviates from what was published."},
    {"zoo write", "NAME...", 1, -1, "-o --dim --json --csv", false, cmd_zoo_write,
     "Writes networks of the zoo as ONNX files (without weights).",
     "Weights are nodes that make constants; a file takes some 120 bytes per layer and per weight, "
     "50 kB for ResNet-50, 350 kB at most. NAME is a network, family, task or list, or all. -o is "
     "the folder to write to, made where it "
     "is missing (default: this one); --dim batch=N "
     "sets the batch size."},
    {"machine show", "", 0, 0, "--threads --isa --json --csv", true, cmd_machine_show,
     "Shows this machine and measures its limits.", NULL},
    {"machine check", "", 0, 0, "--threads --isa --max-error --json --csv", true, cmd_machine_check,
     "Says whether one can measure on this machine now, and what to do about it.",
     "Takes ten seconds. Exit status 1 if the machine is unfit; --max-error tests the error that a "
     "prediction from times measured now may have."},
    {"machine list", "", 0, 0, "--cache --json --csv", false, cmd_machine_list,
     "Lists the machines and environments of the bench-cache.", NULL},
    {"cache list", "", 0, 0, "--machine --cache --json --csv", false, cmd_cache_list,
     "Lists the bricks that the bench-cache holds times of.", NULL},
    {"cache show", "BRICK...", 1, -1, "--machine --cache --json --csv", false, cmd_cache_show,
     "Shows all records of bricks: run, host, what ran, and their times.",
     "BRICK is a signature or its first digits, as `dlbricks inspect --bricks` and others show."},
    {"cache stats", "", 0, 0, "--cache --json --csv", false, cmd_cache_stats,
     "Shows how much the bench-cache holds, by machine and environment.", NULL},
    {"cache verify", "", 0, 0, "--repair --cache --json --csv", false, cmd_cache_verify,
     "Reads every file of the bench-cache and names what is damaged.",
     "Exit status 1 if something is damaged and was not set aside."},
    {"cache merge", "CACHE...", 1, -1, "--cache --json --csv", false, cmd_cache_merge,
     "Takes all records of other caches into the bench-cache.",
     "A union in which nothing is lost. What is damaged in a source is named and left out: exit "
     "status 1."},
    {"cache export", "", 0, 0, "-o --machine --cache", false, cmd_cache_export,
     "Writes the bench-cache as JSON lines, each complete in itself.",
     "To standard output, or to the file of -o."},
    {"cache import", "FILE...", 1, -1, "--cache --json --csv", false, cmd_cache_import,
     "Takes what `dlbricks cache export` wrote into the bench-cache; - is standard input.",
     "A line that cannot be used is named and passed over: exit status 1."},
    {"ops", "[MODEL...]", 0, -1, "--json --csv", false, cmd_ops,
     "Lists the operators that dlbricks knows and how they run.",
     "With models (ONNX files, zoo:NAME) only those that they hold, and how many nodes of each."},
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

// Shows the commands whose name begins with `prefix`.
static void print_usage(const char *prefix, FILE *out)
{
    fprintf(out, "usage: dlbricks %s [OPTION]... [ARGUMENT]...\n\n", *prefix ? prefix : "COMMAND");
    for (int i = 0; i < N_COMMANDS; i++)
        if (strncmp(commands[i].name, prefix, strlen(prefix)) == 0)
            fprintf(out, "  %-14s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "\n`dlbricks COMMAND --help` shows a command's options; "
                 "`dlbricks --version` the versions.\n"
                 "Exit status: 0 done, 1 failed, 2 wrong usage, 3 threshold exceeded, "
                 "4 bricks missing.\n");
}

static int print_version(void)
{
    struct str versions = STR_INIT;
    engine_versions(&versions);
    str_addf(&versions, ", jansson %s, protobuf-c %s", jansson_version_str(),
             onnx_protobuf_version());
    printf("dlbricks %s\n%s\n", DLB_VERSION, versions.text);
    str_release(&versions);
    return STATUS_done;
}

// Words of a command's name if argv begins with them, else 0.
static int name_words(const struct command *c, int argc, char *const *argv)
{
    size_t n = strcspn(c->name, " ");
    if (argc < 1 || strlen(argv[0]) != n || strncmp(argv[0], c->name, n) != 0)
        return 0;
    if (!c->name[n])
        return 1;
    return argc > 1 && strcmp(argv[1], c->name + n + 1) == 0 ? 2 : 0;
}

static int wrong_usage(const char *what, const char *command)
{
    fprintf(stderr, "dlbricks: %s; see `dlbricks %s%s--help`\n", what, command,
            *command ? " " : "");
    return STATUS_usage;
}

// A word that only begins commands of two words ("zoo"), or no command at all.
static int no_command(int argc, char *const *argv)
{
    bool group = false;
    for (int i = 0; i < N_COMMANDS; i++) {
        size_t n = strcspn(commands[i].name, " ");
        group = group || (strlen(argv[0]) == n && strncmp(commands[i].name, argv[0], n) == 0);
    }
    if (group && argc > 1 && strcmp(argv[1], "--help") == 0) {
        print_usage(argv[0], stdout);
        return STATUS_done;
    }
    char shown[64], what[128];
    snprintf(what, sizeof what, "there is no command '%s'",
             printable(shown, sizeof shown, group && argc > 1 ? argv[1] : argv[0]));
    if (group && argc == 1)
        snprintf(what, sizeof what, "%s needs another word", argv[0]);
    return wrong_usage(what, group ? argv[0] : "");
}

// The engine's libraries read the process's environment as they are loaded, so it is set and the
// program started anew.
static void prepare_process(const struct options *o, char **argv)
{
    struct engine_options options = session_engine_options(o);
    if (!engine_prepare_process(&options))
        return;
    execv("/proc/self/exe", argv);
    note("cannot start anew through /proc/self/exe (%s): times may be worse", strerror(errno));
}

// Results that did not reach their file or pipe are a failure.
static int finish_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    struct error err = {0};
    fail(&err, "standard output: %s", strerror(errno));
    return report(&err);
}

static int run(const struct command *c, const struct options *o, char **argv)
{
    if (o->help) {
        options_help(c, stdout);
        return STATUS_done;
    }
    // What is set for one of several values would be handed down to the processes of all.
    if (c->engine && !options_have_several(o))
        prepare_process(o, argv);
    return c->run(o);
}

static int run_command(const struct command *c, int n_words, int argc, char **argv)
{
    struct options o;
    struct error err = {0};
    int status = options_read(&o, c, argc - 1 - n_words, argv + 1 + n_words, &err)
                     ? wrong_usage(err.text, c->name)
                     : run(c, &o, argv);
    options_release(&o);
    return status;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        print_usage("", stderr);
        return STATUS_usage;
    }
    if (strcmp(argv[1], "--help") == 0) {
        print_usage("", stdout);
        return STATUS_done;
    }
    if (strcmp(argv[1], "--version") == 0)
        return print_version();
    for (int i = 0; i < N_COMMANDS; i++) {
        int n = name_words(&commands[i], argc - 1, argv + 1);
        if (n)
            return run_command(&commands[i], n, argc, argv);
    }
    return no_command(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    return finish_output(dispatch(argc, argv));
}
