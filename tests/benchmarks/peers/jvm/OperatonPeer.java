import java.util.List;
import java.util.Map;
import org.operaton.bpm.engine.ProcessEngine;
import org.operaton.bpm.engine.ProcessEngineConfiguration;
import org.operaton.bpm.engine.impl.cfg.StandaloneProcessEngineConfiguration;
import org.operaton.bpm.engine.task.Task;

/** Operaton (a continuation of Camunda 7): full history, the user authenticated and in the group. */
final class OperatonPeer implements Rounds.Peer {
    private final ProcessEngine engine;

    private OperatonPeer(Counting pool) {
        StandaloneProcessEngineConfiguration configuration =
                new StandaloneProcessEngineConfiguration();
        configuration.setDataSource(pool.dataSource());
        configuration.setDatabaseSchemaUpdate(ProcessEngineConfiguration.DB_SCHEMA_UPDATE_TRUE);
        configuration.setHistory(ProcessEngineConfiguration.HISTORY_FULL);
        configuration.setJobExecutorActivate(false);
        configuration.setMetricsEnabled(false);
        configuration.setEnforceHistoryTimeToLive(false);
        engine = configuration.buildProcessEngine();
    }

    /** arguments: JDBC URL, user, password, diagram, key of its process. */
    public static void main(String[] arguments) throws Exception {
        Counting pool = Rounds.pool(arguments[0], arguments[1], arguments[2]);
        Rounds.serve(new OperatonPeer(pool), pool, arguments[3], arguments[4]);
    }

    @Override
    public void deploy(String name, String diagram) {
        engine.getRepositoryService().createDeployment().addString(name, diagram).deploy();
    }

    @Override
    public String start(String key) {
        return engine.getRuntimeService().startProcessInstanceByKey(key).getId();
    }

    @Override
    public boolean complete(String instance, String group, Map<String, Object> values) {
        engine.getIdentityService().setAuthentication(group.toLowerCase(), List.of(group));
        try {
            Task task = engine.getTaskService().createTaskQuery().processInstanceId(instance)
                    .taskCandidateGroup(group).singleResult();
            if (task == null) return false;
            engine.getTaskService().complete(task.getId(), values);
            return true;
        } finally {
            engine.getIdentityService().clearAuthentication();
        }
    }
}
