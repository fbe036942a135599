#include "tests/test.h"

#include "decompose/decompose.h"
#include "tests/decompose/onnx_build.h"
#include "tests/scratch.h"

// What onnx_read_tensor says about a file of these bytes.
static void *read_bytes(const struct str *bytes, struct tensor *t, struct error *err)
{
    char *folder = scratch_make(), *path = scratch_path(folder, "tensor.pb");
    scratch_write(path, bytes->text, bytes->len);
    void *data = onnx_read_tensor(path, t, err);
    free(path);
    scratch_remove(folder);
    return data;
}

enum { FLOAT_DATA = 4, INT32_DATA = 5, INT64_DATA = 7, DOUBLE_DATA = 10 };

static void read_tensor__typed_and_raw_contents_are_the_same(void **state)
{
    (void)state;
    static const uint8_t varints[] = {1, 2, 3, 4};
    static const float f32[] = {1, 2, 3, 4};
    static const double f64[] = {1, 2, 3, 4};
    static const int64_t s64[] = {1, 2, 3, 4};
    static const int32_t s32[] = {1, 2, 3, 4};
    static const uint16_t f16[] = {1, 2, 3, 4};
    static const struct {
        int onnx_type;
        uint32_t field;
        const void *typed;
        size_t typed_bytes;
        const void *raw;
        size_t raw_bytes;
    } cases[] = {
        {1, FLOAT_DATA, f32, sizeof f32, f32, sizeof f32},
        {2, INT32_DATA, varints, sizeof varints, varints, sizeof varints},
        {3, INT32_DATA, varints, sizeof varints, varints, sizeof varints},
        {6, INT32_DATA, varints, sizeof varints, s32, sizeof s32},
        {7, INT64_DATA, varints, sizeof varints, s64, sizeof s64},
        {9, INT32_DATA, varints, sizeof varints, varints, sizeof varints},
        {10, INT32_DATA, varints, sizeof varints, f16, sizeof f16},
        {11, DOUBLE_DATA, f64, sizeof f64, f64, sizeof f64},
        {16, INT32_DATA, varints, sizeof varints, f16, sizeof f16},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        for (int raw = 0; raw < 2; raw++) {
            struct str s = STR_INIT;
            struct tensor t;
            put_int(&s, 1, 2);
            put_int(&s, 1, 2);
            put_int(&s, 2, (uint64_t)cases[i].onnx_type);
            if (raw)
                put_bytes(&s, 9, cases[i].raw, cases[i].raw_bytes);
            else
                put_bytes(&s, cases[i].field, cases[i].typed, cases[i].typed_bytes);
            void *data = read_bytes(&s, &t, NULL);
            assert_non_null(data);
            assert_int_equal(type_onnx(t.type), cases[i].onnx_type);
            assert_int_equal(t.rank, 2);
            assert_int_equal(tensor_bytes(&t), cases[i].raw_bytes);
            assert_memory_equal(data, cases[i].raw, cases[i].raw_bytes);
            free(data);
            str_release(&s);
        }
    }
}

static void read_tensor__scalars_and_empty_tensors_are_tensors(void **state)
{
    (void)state;
    struct str scalar = STR_INIT, empty = STR_INIT;
    struct tensor t;
    put_int(&scalar, 2, 1);
    put_bytes(&scalar, 9, &(float){0.5f}, sizeof(float));
    float *x = read_bytes(&scalar, &t, NULL);
    assert_non_null(x);
    assert_int_equal(t.rank, 0);
    assert_true(*x == 0.5f);
    free(x);

    put_bytes(&empty, 1, "\x02\x00", 2); // packed
    put_int(&empty, 2, 1);
    x = read_bytes(&empty, &t, NULL);
    assert_non_null(x);
    assert_int_equal(t.rank, 2);
    assert_int_equal(tensor_elements(&t), 0);
    free(x);
    str_release(&scalar);
    str_release(&empty);
}

static void read_tensor__refuses_what_does_not_hold_together(void **state)
{
    (void)state;
    static const struct {
        const char *dims;
        int onnx_type;
        size_t raw_bytes;
        const char *message;
    } cases[] = {
        {"2,2", 1, 15, "holds 15 bytes where its shape needs 16"},
        {"2,2", 1, 17, "holds 17 bytes where its shape needs 16"},
        {"2,2", 8, 4, "has ONNX element type 8, which dlbricks does not support"},
        {"-1", 1, 4, "has a negative dimension or more than 2^40 elements"},
        {"0x1000000000000000", 1, 4, "has a negative dimension or more than 2^40 elements"},
        {"1048576,1048576,2", 1, 4, "has a negative dimension or more than 2^40 elements"},
        {"0,1099511627776,2", 1, 0, "has a negative dimension or more than 2^40 elements"},
        {"1048576,1048576", 1, 4, "holds 4 bytes where its shape needs 4398046511104"},
        {"1,1,1,1,1,1,1,1,1", 1, 4, "has more than 8 dimensions"},
    };
    static const char zeros[64];
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct str s = STR_INIT, whole = STR_INIT;
        struct error err = {0};
        struct tensor t;
        put_tensor(&s, 1, "w", cases[i].onnx_type, cases[i].dims, zeros, cases[i].raw_bytes);
        str_add_n(&whole, s.text + 2, s.len - 2); // without the field around it
        assert_null(read_bytes(&whole, &t, &err));
        if (!strstr(err.text, cases[i].message))
            fail_msg("case %zu: %s", i, err.text);
        str_release(&s);
        str_release(&whole);
    }
}

static void read_tensor__typed_contents_are_counted_before_memory_is_taken(void **state)
{
    (void)state;
    struct str s = STR_INIT;
    struct error err = {0};
    struct tensor t;
    put_int(&s, 1, 1ull << 39);
    put_int(&s, 2, 1);
    put_bytes(&s, FLOAT_DATA, "1234", 4);
    assert_null(read_bytes(&s, &t, &err));
    assert_non_null(strstr(err.text, "where its shape needs 549755813888 elements"));
    str_release(&s);
}

static void read_tensor__external_contents_are_not_opened(void **state)
{
    (void)state;
    struct str s = STR_INIT;
    struct error err = {0};
    struct tensor t;
    put_int(&s, 1, 1);
    put_int(&s, 2, 1);
    put_int(&s, 14, 1);
    assert_null(read_bytes(&s, &t, &err));
    assert_non_null(strstr(err.text, "has its contents in another file"));
    str_release(&s);
}

static void read_tensor__names_the_file(void **state)
{
    (void)state;
    struct error err = {0};
    struct tensor t;
    assert_null(onnx_read_tensor("/nowhere/x.pb", &t, &err));
    assert_string_equal(err.text, "/nowhere/x.pb: cannot be opened: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_tensor__typed_and_raw_contents_are_the_same),
        cmocka_unit_test(read_tensor__scalars_and_empty_tensors_are_tensors),
        cmocka_unit_test(read_tensor__refuses_what_does_not_hold_together),
        cmocka_unit_test(read_tensor__typed_contents_are_counted_before_memory_is_taken),
        cmocka_unit_test(read_tensor__external_contents_are_not_opened),
        cmocka_unit_test(read_tensor__names_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
