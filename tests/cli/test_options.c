#include "tests/test.h"

#include "cli/options.h"

static const struct command command = {
    .name = "test",
    .arguments = "FILE...",
    .min_args = 1,
    .max_args = 2,
    .takes = "--threads -G --dim --json --csv -o --max-error --label",
};

enum { MAX_WORDS = 12 };

struct line {
    char *words[MAX_WORDS]; // ends with NULL
};

// Reads a line that is taken (message: NULL) or refused with a message that says so.
static struct options read_line(const struct command *c, const struct line *line,
                                const char *message)
{
    struct options o;
    struct error err = {0};
    int n = 0;
    while (line->words[n])
        n++;
    int status = options_read(&o, c, n, line->words, &err);
    if (status != (message ? -1 : 0) || (message && !strstr(err.text, message)))
        fail_msg("%s ...: %d, '%s', not '%s'", n ? line->words[0] : "", status, err.text,
                 message ? message : "");
    return o;
}

static void options_read__order_and_spelling_do_not_matter(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {{"file", "--threads", "2", "-G", "4", "--dim", "a=1", "--dim", "b=c=2", "--json"}},
        {{"--dim=a=1", "--json", "-G4", "--threads=2", "--dim", "b=c=2", "file"}},
        {{"--json", "-G", "4", "--dim", "a=1", "--dim=b=c=2", "--threads=2", "--", "file"}},
    };
    for (size_t i = 0; i < N_ELEMENTS(lines); i++) {
        struct options o = read_line(&command, &lines[i], NULL);
        assert_int_equal(o.threads, 2);
        assert_int_equal(o.granularity, 4);
        assert_true(o.json && !o.csv && !o.help);
        assert_int_equal(o.n_dims, 2);
        assert_string_equal(o.dims[0].name, "a");
        assert_string_equal(o.dims[1].name, "b=c");
        assert_int_equal(o.dims[1].value, 2);
        assert_int_equal(o.n_args, 1);
        assert_string_equal(o.args[0], "file");
        options_release(&o);
    }
}

static void options_read__several_values_are_for_commands_that_take_them(void **state)
{
    (void)state;
    static const struct command several = {
        .name = "test", .arguments = "", .max_args = 0, .takes = "--threads --isa -G... --json"};
    static const struct {
        struct line line;
        const char *message; // NULL: -G is 1, 2, 4
    } cases[] = {
        {{{"-G", "1,2,4"}}, NULL},
        {{{"-G1", "-G=2,4"}}, "not '=2'"},
        {{{"-G1", "--json", "-G", "2,4"}}, NULL},
        {{{"-G", "1,,4"}}, "not ''"},
        {{{"-G", "1,"}}, "not ''"},
        {{{"-G", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"}}, "at most 16 numbers"},
        {{{"--threads", "1,2"}}, "--threads takes one number, not '1,2'"},
        {{{"--threads", "1", "--threads=2"}}, "given twice"},
        {{{"--isa", "avx2,sse41"}}, "--isa takes one name, not 'avx2,sse41'"},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct options o = read_line(&several, &cases[i].line, cases[i].message);
        if (!cases[i].message) {
            assert_int_equal(o.granularities.n, 3);
            assert_int_equal(o.granularity, 1);
            assert_int_equal(o.granularities.value[2], 4);
            assert_int_equal(o.all_threads.n, 0);
        }
        options_release(&o);
    }
}

static void options_read__names_are_lists_as_numbers_are(void **state)
{
    (void)state;
    static const struct command several = {
        .name = "test", .arguments = "", .max_args = 0, .takes = "--isa... -G..."};
    static const struct {
        struct line line;
        const char *message; // NULL: --isa is avx2, sse41
        bool several;
    } cases[] = {
        {{{"--isa", "avx2,sse41"}}, NULL, true},
        {{{"--isa=avx2", "--isa", "sse41"}}, NULL, true},
        {{{"--isa", "avx2,"}}, "not an empty text", true},
        {{{"--isa", ",avx2"}}, "not an empty text", true},
        {{{"-G", "1"}}, NULL, false},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct options o = read_line(&several, &cases[i].line, cases[i].message);
        if (!cases[i].message && cases[i].several) {
            assert_string_equal(o.isa, "avx2");
            assert_string_equal(o.isas.value[1], "sse41");
        }
        if (!cases[i].message)
            assert_true(options_have_several(&o) == cases[i].several);
        options_release(&o);
    }
}

static void options_read__two_dashes_end_options_and_one_is_an_argument(void **state)
{
    (void)state;
    struct options o = read_line(&command, &(struct line){{"-", "--", "--json"}}, NULL);
    assert_false(o.json);
    assert_int_equal(o.n_args, 2);
    assert_string_equal(o.args[0], "-");
    assert_string_equal(o.args[1], "--json");
    options_release(&o);
}

static void options_read__help_needs_no_arguments(void **state)
{
    (void)state;
    struct options o = read_line(&command, &(struct line){{"--help"}}, NULL);
    assert_true(o.help);
    options_release(&o);
}

static void options_read__a_threshold_of_zero_is_one_that_was_given(void **state)
{
    (void)state;
    static const struct {
        struct line line;
        double max_error;
    } cases[] = {
        {{{"a"}}, INFINITY},
        {{{"a", "--max-error", "0"}}, 0},
        {{{"a", "--max-error=2.5"}}, 2.5},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct options o = read_line(&command, &cases[i].line, NULL);
        assert_true(o.max_error == cases[i].max_error);
        options_release(&o);
    }
}

#define LETTERS_63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static void options_read__the_longest_label_is_taken_whole(void **state)
{
    (void)state;
    struct options o = read_line(&command, &(struct line){{"a", "--label", LETTERS_63}}, NULL);
    assert_string_equal(o.label, LETTERS_63);
    options_release(&o);
}

static void options_read__wrong_usage_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct line line;
        const char *message;
    } cases[] = {
        {{{NULL}}, "needs FILE"},
        {{{"a", "b", "c"}}, "'c' is one argument too many"},
        {{{"a", "--isa", "avx2"}}, "unknown option '--isa'"}, // of another command
        {{{"a", "--thread", "2"}}, "unknown option '--thread'"},
        {{{"a", "--threadss"}}, "unknown option '--threadss'"},
        {{{"a", "--threads"}}, "--threads needs N"},
        {{{"a", "--threads", "0"}}, "not '0'"},
        {{{"a", "--threads", "two"}}, "not 'two'"},
        {{{"a", "--threads", "99999999999999999999"}}, "not '99999999999999999999'"},
        {{{"a", "--threads", "2", "--threads", "2"}}, "given twice"},
        {{{"a", "--dim", "=3"}}, "not '=3'"},
        {{{"a", "--dim", "n="}}, "not 'n='"},
        {{{"a", "--json=1"}}, "takes no value"},
        {{{"a", "--json", "--csv"}}, "not both"},
        {{{"a", "-o", ""}}, "not an empty text"},
        {{{"a", "--max-error", "-1"}}, "not '-1'"},
        {{{"a", "--max-error", "nan"}}, "not 'nan'"},
        {{{"a", "--max-error", "inf"}}, "not 'inf'"},
        {{{"a", "--max-error", "5%"}}, "not '5%'"},
        {{{"a", "--max-error", ""}}, "not ''"},
        {{{"a", "--label", LETTERS_63 "x"}}, "longer than 63 bytes"},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct options o = read_line(&command, &cases[i].line, cases[i].message);
        options_release(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_read__order_and_spelling_do_not_matter),
        cmocka_unit_test(options_read__several_values_are_for_commands_that_take_them),
        cmocka_unit_test(options_read__names_are_lists_as_numbers_are),
        cmocka_unit_test(options_read__two_dashes_end_options_and_one_is_an_argument),
        cmocka_unit_test(options_read__help_needs_no_arguments),
        cmocka_unit_test(options_read__a_threshold_of_zero_is_one_that_was_given),
        cmocka_unit_test(options_read__the_longest_label_is_taken_whole),
        cmocka_unit_test(options_read__wrong_usage_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
