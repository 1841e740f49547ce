import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.json.JsonConverter;

/** What Kafka Connect's own converter makes of the value on standard input: a line for each column, and what of a tombstone. */
public class ReadClock {
    public static void main(String[] arguments) throws Exception {
        JsonConverter converter = new JsonConverter();
        converter.configure(Map.of("schemas.enable", "true"), false);
        Struct row = (Struct) converter.toConnectData("slamon.clocks", System.in.readAllBytes()).value();
        row.validate();
        for (Field field : row.schema().fields()) {
            Object value = row.get(field);
            Object told = value instanceof java.util.Date date ? date.toInstant() : value;
            System.out.println(field.name() + "=" + told);
        }
        System.out.println("tombstone=" + converter.toConnectData("slamon.clocks", null).value());
    }
}
