// Writes a suite of the bricks that two suites have in common: at most N of them, evenly spread
// over the first suite, each as a model of its own. usage: suite_common SUITE OTHER N OUT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bricks/suite.h"

static bool has_brick(const struct suite *s, const char *text)
{
    for (int i = 0; i < s->n_bricks; i++)
        if (strcmp(s->bricks[i]->text, text) == 0)
            return true;
    return false;
}

// Fills common (room for all bricks of s); returns how many there are.
static int find_common(const struct suite *s, const struct suite *other, int *common)
{
    int n = 0;
    for (int i = 0; i < s->n_bricks; i++)
        if (has_brick(other, s->bricks[i]->text))
            common[n++] = i;
    return n;
}

static int add_spread(struct suite *out, const struct suite *s, const struct suite *other, int most,
                      struct error *err)
{
    int *common = xcalloc((size_t)s->n_bricks + 1, sizeof *common);
    int n = find_common(s, other, common), status = 0;
    int wanted = most < n ? most : n;
    for (int i = 0; i < wanted && !status; i++) {
        int at = common[(int64_t)i * n / wanted];
        struct brick *copy = brick_parse(s->bricks[at]->text, err);
        if (copy)
            suite_add_alone(out, copy);
        status = copy ? 0 : -1;
    }
    free(common);
    return n || status ? status : fail(err, "the suites have no brick in common");
}

static int run(char **argv, struct error *err)
{
    struct suite s, other, out;
    suite_init(&s, 1);
    suite_init(&other, 1);
    int status = suite_load(&s, argv[1], err) || suite_load(&other, argv[2], err);
    suite_init(&out, s.granularity);
    if (!status)
        status = add_spread(&out, &s, &other, atoi(argv[3]), err) || suite_save(&out, argv[4], err);
    suite_release(&s);
    suite_release(&other);
    suite_release(&out);
    return status;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    if (argc != 5 || atoi(argv[3]) < 1) {
        fprintf(stderr, "usage: suite_common SUITE OTHER N OUT\n");
        return 2;
    }
    int status = run(argv, &err);
    if (status)
        fprintf(stderr, "suite_common: %s\n", err.text);
    return status ? 1 : 0;
}
