#include "runner/loaded_text.h"

#include <stdlib.h>

#include "bricks/canon.h"

int loaded_text_init(struct loaded_text *l, const struct engine *engine, struct kernel_set *kernels,
                     const char *text, struct error *err)
{
    struct str whole = STR_INIT;
    *l = (struct loaded_text){0};
    str_addf(&whole, "dlb%d %s", CANON_FORMAT, text);
    l->graph = canon_parse(whole.text, err);
    str_release(&whole);
    return l->graph ? loaded_graph_init(&l->loaded, engine, kernels, l->graph, err) : -1;
}

void loaded_text_release(struct loaded_text *l)
{
    loaded_graph_release(&l->loaded);
    graph_release(l->graph);
    free(l->graph);
    *l = (struct loaded_text){0};
}
