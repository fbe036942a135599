#include "cli/suggestion.h"

#include <ctype.h>
#include <string.h>

static bool is_plain(const char *word)
{
    for (const char *c = word; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_-./:=,+@%", *c))
            return false;
    return *word != '\0';
}

// One word, quoted if the shell would read it in another way.
static void add_word(struct str *out, const char *word)
{
    if (is_plain(word)) {
        str_add(out, word);
        return;
    }
    str_add(out, "'");
    for (const char *c = word; *c; c++) {
        if (*c == '\'')
            str_add(out, "'\\''");
        else
            str_add_n(out, c, 1);
    }
    str_add(out, "'");
}

static void add_option(struct str *out, const char *name, const char *value)
{
    str_addf(out, " %s ", name);
    add_word(out, value);
}

static void add_dims(struct str *out, const struct options *o)
{
    for (int i = 0; i < o->n_dims; i++) {
        struct str binding = STR_INIT;
        str_addf(&binding, "%s=%lld", o->dims[i].name, (long long)o->dims[i].value);
        add_option(out, "--dim", binding.text);
        str_release(&binding);
    }
}

static void add_engine_as_given(struct str *out, const struct options *o)
{
    if (o->threads)
        str_addf(out, " --threads %d", o->threads);
    if (o->isa)
        add_option(out, "--isa", o->isa);
}

// The instruction set only where it is not the machine's best.
static void add_engine_of_place(struct str *out, const struct cache_place *place)
{
    const struct environment *e = &place->environment;
    add_option(out, "--threads", e->value[ENV_threads]);
    if (strcmp(e->value[ENV_isa], place->machine.isa) != 0)
        add_option(out, "--isa", e->value[ENV_isa]);
}

void suggest_bench(const struct options *o, int granularity, const struct cache_place *place,
                   struct str *out)
{
    bool dashes = false;
    str_add(out, "dlbricks bench");
    if (o->machine)
        add_engine_of_place(out, place);
    else
        add_engine_as_given(out, o);
    if (granularity != 1)
        str_addf(out, " -G %d", granularity);
    if (o->cache)
        add_option(out, "--cache", o->cache);
    add_dims(out, o);
    for (int i = 0; i < o->n_args; i++)
        dashes = dashes || (o->args[i][0] == '-' && o->args[i][1]);
    str_add(out, dashes ? " --" : "");
    for (int i = 0; i < o->n_args; i++) {
        str_add(out, " ");
        add_word(out, o->args[i]);
    }
}

void suggest_task(const struct options *o, const struct cache_place *place,
                  const struct brick *brick, double footprint, struct str *out)
{
    struct str text = STR_INIT;
    str_add(out, "dlbricks bench");
    add_engine_of_place(out, place);
    if (o->cache)
        add_option(out, "--cache", o->cache);
    str_addf(out, " --footprint %.0f", footprint);
    str_addf(&text, "brick:%s", brick->text);
    str_add(out, " ");
    add_word(out, text.text);
    str_release(&text);
}
