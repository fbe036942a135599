// Kernels by key: the text of the step, and what the text leaves out but the result depends on.
// Wishes are by the text alone, as records are.
#include "runner/kernel.h"

#include <search.h>
#include <string.h>

#include "bricks/step.h"

// Of a tree by key: a kernel, or what is wished for.
struct kept {
    char *key;
    struct kernel *kernel;
    char *implementation;
};

struct kernel_set {
    const struct engine *engine;
    void *tree, *wishes; // of struct kept
    int n_unmet;
    char unmet[512]; // the first
};

// A source as the kernel sees it: its tensor, whether it is a weight, and which earlier source
// it equals.
static void print_source(void *context, const struct graph *g, int v, struct str *out)
{
    const struct node *n = context;
    if (v == NONE) {
        str_add(out, "-");
        return;
    }
    int first = 0;
    while (n->src[first] == NONE || graph_storage(g, n->src[first]) != graph_storage(g, v))
        first++;
    str_addf(out, "%s%d:", graph_is_weight(g, v) ? "w" : "s", first);
    tensor_print(&g->values[v].t, out);
}

// Floats, and whole numbers that the text leaves out.
static void print_attr(const struct attr *a, struct str *out)
{
    const struct attr_info *info = attr_info(a->key);
    bool list = info->kind == ATTR_KIND_ints || info->kind == ATTR_KIND_floats;
    bool whole = info->kind == ATTR_KIND_ints || info->kind == ATTR_KIND_int;
    if (whole && info->timed)
        return;
    str_addf(out, " %s=", info->name);
    for (int k = 0; k < (list ? a->n : 1); k++) {
        if (whole)
            str_addf(out, "%lld", (long long)(list ? a->u.ints[k] : a->u.i));
        else
            str_add_float(out, list ? a->u.floats[k] : a->u.f);
        str_add(out, ",");
    }
}

static void print_text(const struct graph *g, const struct node *n, struct str *out)
{
    struct node copy = *n; // step_print takes the context as not const
    step_print(g, n, print_source, &copy, out);
}

// Behind the text.
static void print_rest(const struct node *n, struct str *out)
{
    for (int i = 0; i < n->n_attrs; i++)
        print_attr(&n->attrs[i], out);
    for (int i = 0; i < n->n_posts; i++) {
        str_addf(out, " %d:%d:", n->posts[i].src, n->posts[i].accumulate);
        str_add_float(out, n->posts[i].alpha);
        str_add(out, ":");
        str_add_float(out, n->posts[i].beta);
    }
}

static int compare(const void *a, const void *b)
{
    const struct kept *x = a, *y = b;
    return strcmp(x->key, y->key);
}

struct kernel_set *kernel_set_new(const struct engine *engine)
{
    struct kernel_set *set = xcalloc(1, sizeof *set);
    set->engine = engine;
    return set;
}

static void free_entry(void *p)
{
    struct kept *e = p;
    kernel_free(e->kernel);
    free(e->implementation);
    free(e->key);
    free(e);
}

void kernel_set_free(struct kernel_set *set)
{
    if (!set)
        return;
    tdestroy(set->tree, free_entry);
    tdestroy(set->wishes, free_entry);
    free(set);
}

// What is kept under this key, or NULL.
static struct kept *find(void *const *tree, char *key)
{
    struct kept wanted = {.key = key};
    struct kept **found = tfind(&wanted, tree, compare);
    return found ? *found : NULL;
}

static struct kept *add(void **tree, const char *key)
{
    struct kept *e = xcalloc(1, sizeof *e);
    e->key = xstrdup(key);
    if (!tsearch(e, tree, compare))
        BUG("out of memory");
    return e;
}

void kernel_set_wish(struct kernel_set *set, const struct graph *g, const struct node *node,
                     const char *implementation)
{
    struct str text = STR_INIT;
    print_text(g, node, &text);
    if (!find(&set->wishes, text.text))
        add(&set->wishes, text.text)->implementation = xstrdup(implementation);
    str_release(&text);
}

static void note_unmet(struct kernel_set *set, const char *wish, const char *had)
{
    if (set->n_unmet++ == 0)
        snprintf(set->unmet, sizeof set->unmet, "%s instead of %s", had, wish);
}

int kernel_set_unmet(const struct kernel_set *set, const char **first)
{
    *first = set->unmet;
    return set->n_unmet;
}

static const struct kernel *add_kernel(struct kernel_set *set, const char *key, const char *wish,
                                       const struct graph *g, const struct node *node,
                                       struct error *err)
{
    struct kernel *kernel = kernel_make(set->engine, g, node, wish, err);
    if (!kernel)
        return NULL;
    add(&set->tree, key)->kernel = kernel;
    if (wish && strcmp(kernel->implementation, wish) != 0)
        note_unmet(set, wish, kernel->implementation);
    return kernel;
}

const struct kernel *kernel_set_get(struct kernel_set *set, const struct graph *g,
                                    const struct node *node, struct error *err)
{
    struct str key = STR_INIT;
    print_text(g, node, &key);
    const struct kept *wish = find(&set->wishes, key.text);
    print_rest(node, &key);
    const struct kept *known = find(&set->tree, key.text);
    const struct kernel *kernel =
        known ? known->kernel
              : add_kernel(set, key.text, wish ? wish->implementation : NULL, g, node, err);
    str_release(&key);
    return kernel;
}
