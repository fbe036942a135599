#include "datasets/zoo.h"

#include <string.h>

#include "base/str.h"

static const struct zoo_family *const families[] = {
#define FAMILY(name) &family_##name,
#include "datasets/families.def"
#undef FAMILY
};
enum { N_FAMILIES = sizeof families / sizeof *families };

// Newer operators would not be read by older runtimes; this one has LayerNormalization.
enum { OPSET = 17 };

static const char *const list_names[] = {
#define X(name, text) #name,
    ZOO_LISTS(X)
#undef X
};
enum { N_LISTS = sizeof list_names / sizeof *list_names };

int zoo_count(void)
{
    int n = 0;
    for (int f = 0; f < N_FAMILIES; f++)
        n += families[f]->n_entries;
    return n;
}

const struct zoo_entry *zoo_at(int i)
{
    int f = 0;
    for (; i >= families[f]->n_entries; f++)
        i -= families[f]->n_entries;
    return &families[f]->entries[i];
}

const struct zoo_entry *zoo_find(const char *name)
{
    for (int i = 0, n = zoo_count(); i < n; i++)
        if (strcmp(zoo_at(i)->name, name) == 0)
            return zoo_at(i);
    return NULL;
}

const struct zoo_family *zoo_family_of(const struct zoo_entry *entry)
{
    for (int f = 0; f < N_FAMILIES; f++)
        for (int i = 0; i < families[f]->n_entries; i++)
            if (&families[f]->entries[i] == entry)
                return families[f];
    BUG("%s is in no family", entry->name);
}

static bool in_list(const struct zoo_entry *entry, const char *name)
{
    for (int l = 0; l < N_LISTS; l++)
        if (strcmp(list_names[l], name) == 0)
            return entry->lists & 1 << l;
    return false;
}

bool zoo_selects(const char *what, const struct zoo_entry *entry)
{
    if (zoo_find(what))
        return strcmp(what, entry->name) == 0;
    return strcmp(what, "all") == 0 || strcmp(what, entry->task) == 0 || in_list(entry, what) ||
           strcmp(what, zoo_family_of(entry)->name) == 0;
}

void zoo_list_names(const struct zoo_entry *entry, struct str *out)
{
    for (int l = 0; l < N_LISTS; l++)
        if (entry->lists & 1 << l)
            str_addf(out, "%s%s", out->len ? " " : "", list_names[l]);
}

// Builders write batch 1: only the inputs' first dimension says otherwise, as the others are
// not inferred yet.
struct graph *zoo_build(const struct zoo_entry *entry, int64_t batch)
{
    struct graph *g = xmalloc(sizeof *g);
    graph_init(g);
    g->name = entry->name;
    g->opset = OPSET;
    zoo_family_of(entry)->build(g, entry->arguments);
    for (int i = 0; i < g->n_inputs; i++)
        graph_tensor(g, g->inputs[i])->dims[0] = batch;
    graph_index(g);
    return g;
}
