// Every field that is written to a bench-cache or an export is in bench-cache/README.md.
#include "tests/bricks/cache_case.h"

#include "base/json.h"
#include "base/str.h"

// The part of the page below a heading.
static char *section(const char *heading)
{
    char *page = case_read(SOURCE_DIR "/bench-cache/README.md"), *end;
    struct str line = STR_INIT, out = STR_INIT;
    str_addf(&line, "\n## %s\n", heading);
    const char *begin = strstr(page, line.text);
    if (!begin)
        fail_msg("there is no section %s", heading);
    end = strstr(begin + line.len, "\n## ");
    str_add_n(&out, begin, end ? (size_t)(end - begin) : strlen(begin));
    str_release(&line);
    free(page);
    return str_detach(&out);
}

// Fields of the tables' first columns, each within backquotes.
static void check_field(const char *page, const char *heading, const char *field)
{
    struct str quoted = STR_INIT;
    str_addf(&quoted, "`%s`", field);
    for (const char *row = page; (row = strstr(row, "\n| `")); row++) {
        size_t n = strcspn(row + 3, "|");
        const char *at = strstr(row + 3, quoted.text);
        if (at && at < row + 3 + n) {
            str_release(&quoted);
            return;
        }
    }
    fail_msg("%s does not document %s", heading, field);
}

static void check_members(const char *page, const char *heading, const char *prefix, json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        struct str name = STR_INIT;
        str_addf(&name, "%s%s", prefix, key);
        check_field(page, heading, name.text);
        str_add(&name, "[].");
        if (json_is_array(value) && json_is_object(json_array_get(value, 0)))
            check_members(page, heading, name.text, json_array_get(value, 0));
        str_release(&name);
    }
}

// Takes the reference.
static void check(const char *heading, json_t *object)
{
    char *page = section(heading);
    assert_non_null(object);
    assert_true(json_object_size(object) > 1);
    check_members(page, heading, "", object);
    json_decref(object);
    free(page);
}

static void readme__documents_each_field(void **state)
{
    (void)state;
    struct machine m = case_machine(0);
    struct environment e = case_environment(0);
    struct probe p = {.n_levels = 1};
    struct record r = case_record(brick_text, "a", 1);
    m.n_caches = 1;
    r.tried[r.n_tried++] = (struct tried){"loop", 0, 1, 1};
    char *text = record_to_text(&r);
    check("machine.json", machine_to_json(&m));
    check("environment.json", environment_to_json(&e));
    check("probe.json", probe_to_json(&p));
    check("Records", json_read_text(text, strlen(text), "record", NULL));
    check("Export", json_pack("{s:i,s:{},s:{},s:{},s:{}}", "dlbricks_export", 1, "machine",
                              "environment", "record", "probe"));
    record_release(&r);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(readme__documents_each_field)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
