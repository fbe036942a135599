#include "tests/test.h"

#include "cli/suggestion.h"

static struct cache_place a_place(const char *isa)
{
    struct cache_place place = {.machine = {.isa = "avx512_core"}};
    environment_set(&place.environment, ENV_threads, "8");
    environment_set(&place.environment, ENV_isa, "%s", isa);
    return place;
}

static void suggest__says_what_a_shell_reads_back(void **state)
{
    (void)state;
    static const struct dim_binding dims[] = {{"batch", 2}, {"a b", 3}};
    static const struct {
        struct options o;
        const char *args[2];
        int granularity;
        const char *isa; // of the place
        const char *expected;
    } cases[] = {
        {{0}, {"a.onnx"}, 1, "avx2", "dlbricks bench a.onnx"},
        {{.threads = 2, .isa = "avx2"},
         {"a.onnx", "zoo:all"},
         4,
         "avx2",
         "dlbricks bench --threads 2 --isa avx2 -G 4 a.onnx zoo:all"},
        {{.cache = "my cache", .n_dims = 2},
         {"it's.onnx"},
         1,
         "avx2",
         "dlbricks bench --cache 'my cache' --dim batch=2 --dim 'a b=3' 'it'\\''s.onnx'"},
        {{0}, {"--json", "-"}, 1, "avx2", "dlbricks bench -- --json -"},
        {{0}, {"$HOME/*"}, 1, "avx2", "dlbricks bench '$HOME/*'"},
        // on another machine: with the place's threads, and its instruction set if it is capped
        {{.machine = "x"}, {"a"}, 1, "avx512_core", "dlbricks bench --threads 8 a"},
        {{.machine = "x", .threads = 8},
         {"a"},
         1,
         "avx2",
         "dlbricks bench --threads 8 --isa avx2 a"},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct cache_place place = a_place(cases[i].isa);
        struct options o = cases[i].o;
        const char *args[2] = {cases[i].args[0], cases[i].args[1]};
        struct dim_binding bound[] = {dims[0], dims[1]};
        struct str command = STR_INIT;
        o.args = args;
        o.n_args = 1 + (args[1] != NULL);
        o.dims = bound;
        suggest_bench(&o, cases[i].granularity, &place, &command);
        assert_string_equal(command.text, cases[i].expected);
        str_release(&command);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suggest__says_what_a_shell_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
