// One implementation of a step instead of another: by name, and which there are.
#include <omp.h>
#include <string.h>

#include "bricks/canon.h"
#include "bricks/work.h"
#include "runner/lower.h"

static const char alone[] = "alone:";

void kernel_names_add(struct kernel_names *names, const char *name)
{
    for (int i = 0; i < names->n; i++)
        if (strcmp(names->name[i], name) == 0)
            return;
    if (names->n < MAX_KERNEL_NAMES && strlen(name) < sizeof *names->name)
        memcpy(names->name[names->n++], name, strlen(name) + 1);
}

// As it is where there is one thread.
static struct kernel *make_alone(const struct engine *engine, const struct graph *g,
                                 const struct node *node)
{
    omp_set_num_threads(1);
    struct kernel *k = kernel_lower(engine, g, node, NULL, NULL, NULL);
    omp_set_num_threads(engine->threads);
    if (!k)
        return NULL;
    struct str name = STR_INIT;
    str_addf(&name, "%s%s", alone, k->implementation);
    k->implementation[0] = '\0';
    name_append(k->implementation, sizeof k->implementation, name.text);
    str_release(&name);
    k->alone = true;
    return k;
}

// A convolution or product is wished by its own name, without what is done to its result.
static struct kernel *make_only(const struct engine *engine, const struct graph *g,
                                const struct node *node, const char *wish)
{
    char only[sizeof((struct kernel *)0)->implementation];
    snprintf(only, sizeof only, "%.*s", (int)strcspn(wish, "+"), wish);
    return kernel_lower(engine, g, node, only, NULL, NULL);
}

static struct kernel *make_wished(const struct engine *engine, const struct graph *g,
                                  const struct node *node, const char *wish)
{
    return strncmp(wish, alone, strlen(alone)) == 0 ? make_alone(engine, g, node)
                                                    : make_only(engine, g, node, wish);
}

static struct kernel *make_rule(const struct engine *engine, const struct graph *g,
                                const struct node *node, struct error *err)
{
    bool one = engine->threads > 1 && work_is_tiny(g, node);
    struct kernel *k = one ? make_alone(engine, g, node) : NULL;
    return k ? k : kernel_lower(engine, g, node, NULL, NULL, err);
}

struct kernel *kernel_make(const struct engine *engine, const struct graph *g,
                           const struct node *node, const char *wish, struct error *err)
{
    struct kernel *rule = make_rule(engine, g, node, err);
    if (!rule || !wish || strcmp(rule->implementation, wish) == 0)
        return rule;
    struct kernel *wished = make_wished(engine, g, node, wish);
    bool had = wished && strcmp(wished->implementation, wish) == 0;
    kernel_free(had ? rule : wished);
    if (had)
        wished->chosen = true;
    return had ? wished : rule;
}

// What an offer makes of the whole step; takes the kernel.
static void add_alternative(struct kernel_names *names, const struct kernel *rule, struct kernel *k)
{
    if (k && strcmp(k->implementation, rule->implementation) != 0)
        kernel_names_add(names, k->implementation);
    kernel_free(k);
}

void kernel_alternatives(const struct engine *engine, const struct graph *g,
                         const struct node *node, struct kernel_names *names)
{
    struct kernel_names offers = {0};
    struct kernel *rule = make_rule(engine, g, node, NULL);
    names->n = 0;
    if (!rule)
        return;
    kernel_free(kernel_lower(engine, g, node, NULL, &offers, NULL));
    for (int i = 0; i < offers.n; i++)
        add_alternative(names, rule, make_only(engine, g, node, offers.name[i]));
    if (rule->alone)
        add_alternative(names, rule, kernel_lower(engine, g, node, NULL, NULL, NULL));
    kernel_free(rule);
}
