#include "tests/test.h"

#include "bricks/op.h"

static void op__every_operator_of_files_has_a_first_opset(void **state)
{
    (void)state;
    for (int op = 0; op < N_OPS; op++)
        if ((op_info((enum op)op)->domain != NULL) != (op_first_opset((enum op)op) > 0))
            fail_msg("%s", op_info((enum op)op)->name);
}

static void op__none_is_newer_than_the_newest_opset(void **state)
{
    (void)state;
    for (int op = 0; op < N_OPS; op++)
        if (op_first_opset((enum op)op) > NEWEST_OPSET)
            fail_msg("%s", op_info((enum op)op)->name);
}

// The columns of ops.def name attributes as words in a text.
static void op__attributes_are_ones_that_there_are(void **state)
{
    (void)state;
    for (int op = 0; op < N_OPS; op++)
        for (const char *p = op_info((enum op)op)->attrs; *p;) {
            size_t n = strcspn(p, " ");
            if (attr_from_name(p, n) < 0)
                fail_msg("%s: %.*s", op_info((enum op)op)->name, (int)n, p);
            p += n + strspn(p + n, " ");
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(op__every_operator_of_files_has_a_first_opset),
        cmocka_unit_test(op__none_is_newer_than_the_newest_opset),
        cmocka_unit_test(op__attributes_are_ones_that_there_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
