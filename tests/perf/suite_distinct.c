// Prints which models of a suite are distinct architectures, as arguments of dlbricks, a line each.
// A model is the same as one before it if their bricks and how often each is used differ in at most
// four uses, of both together: one that ends in another number of classes is no new architecture.
// usage: suite_distinct SUITE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bricks/suite.h"

enum { MOST_DIFFERENT = 4 };

static int *count_uses(const struct suite *s, const struct model *m)
{
    int *uses = xcalloc((size_t)s->n_bricks, sizeof *uses);
    for (int i = 0; i < m->n_instances; i++)
        uses[m->instances[i].brick]++;
    return uses;
}

static bool are_same(const struct suite *s, const int *a, const int *b)
{
    int different = 0;
    for (int i = 0; i < s->n_bricks && different <= MOST_DIFFERENT; i++)
        different += abs(a[i] - b[i]);
    return different <= MOST_DIFFERENT;
}

static void print_distinct(const struct suite *s)
{
    int **uses = xcalloc((size_t)s->n_models, sizeof *uses);
    for (int m = 0; m < s->n_models; m++) {
        bool is_new = true;
        uses[m] = count_uses(s, &s->models[m]);
        for (int before = 0; before < m && is_new; before++)
            is_new = !are_same(s, uses[m], uses[before]);
        if (is_new && strcmp(s->models[m].source, "zoo") == 0)
            printf("zoo:%s\n", s->models[m].name);
        else if (is_new)
            printf("%s\n", s->models[m].source);
    }
    for (int m = 0; m < s->n_models; m++)
        free(uses[m]);
    free(uses);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct suite s;
    if (argc != 2) {
        fprintf(stderr, "usage: suite_distinct SUITE\n");
        return 2;
    }
    if (suite_load(&s, argv[1], &err)) {
        fprintf(stderr, "suite_distinct: %s\n", err.text);
        return 1;
    }
    print_distinct(&s);
    suite_release(&s);
    return 0;
}
