# A way back whose life had not read Git counted what its author asked for.
# story v1 of seed 3116
{"Seed":3116,"Agents":2,"Begin":{"Targets":[{"Host":"web","Name":"web","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[67,33]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false},{"Host":"api","Name":"api","Absent":false,"Routes":[{"Protocol":"http","Name":"beta","Match":1,"Weights":[0,100]},{"Protocol":"http","Name":"primary","Match":0,"Weights":[100,0]}],"Extra":1,"Labels":0,"NoRule":false}],"Plans":[{"Name":"web","Absent":false,"Targets":[0,1],"Routes":null,"Steps":4,"Total":1000,"Suspend":false,"Deadline":0,"Gate":{"Windows":3,"Closing":2,"Start":0,"Schedule":1,"Analysis":0,"Hooks":0,"Rollback":1}}],"Suspend":false,"Prune":false,"Adopt":["kubectl-client-side-apply","helm"],"Default":1,"Strict":0,"Broken":0,"Level":1},"Alive":null,"Events":null}
58.375s    throttled    agent=1 on=open skip=2 a=4 b=2
2m0s       break        a=16 b=2
3m0s       ask          a=17 b=45
1h12m0s    kill         agent=1 a=5 b=3
1h19m0s    fight        a=3 b=4
